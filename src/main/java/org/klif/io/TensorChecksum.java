package org.klif.io;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.Ints;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * SHA-256 of metadata and tensors. Tensors are given in the order of their names, each followed by
 * its bytes, so that the sum does not depend on where they lie in a file.
 */
final class TensorChecksum {
  private final Hasher hasher = Hashing.sha256().newHasher();

  TensorChecksum(Map<String, String> metadata) {
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
    hasher.putBytes(Ints.toByteArray(bytes.length)).putBytes(bytes);
  }

  void bytes(ByteBuffer bytes) {
    hasher.putBytes(bytes);
  }

  /** The sum; to be asked for once. */
  String hex() {
    return hasher.hash().toString();
  }
}
