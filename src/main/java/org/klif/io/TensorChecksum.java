package org.klif.io;

import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 of metadata and tensors. Tensors are given in the order of their names, each followed by
 * its bytes, so that the sum does not depend on where they lie in a file.
 */
public final class TensorChecksum implements WritableByteChannel {
  private final MessageDigest digest;

  TensorChecksum(Map<String, String> metadata) {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
    new TreeMap<>(metadata)
        .forEach(
            (key, value) -> {
              text(key);
              text(value);
            });
  }

  void tensor(String name, String type, List<Integer> shape) {
    text(name);
    text(type);
    text(shape.toString());
  }

  /** With its length ahead, so that neighbours cannot run into one another. */
  private void text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    digest.update(bytes);
  }

  @Override
  public int write(ByteBuffer bytes) {
    int n = bytes.remaining();
    digest.update(bytes);
    return n;
  }

  /** The sum; to be asked for once. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {
    // holds nothing
  }
}
