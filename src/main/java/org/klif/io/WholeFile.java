package org.klif.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;

/** Files that are read whole, up to a size: a stranger's may have any, and a device has no end. */
public final class WholeFile {
  /** Bytes of the largest table, trace or list of samples that is read: 256 MiB. */
  public static final int LARGEST = 1 << 28;

  /** Bytes of the largest file that holds settings, a program or a few numbers: 1 MiB. */
  public static final int LARGEST_TEXT = 1 << 20;

  /**
   * The bytes of a file.
   *
   * @param largest number of them
   * @throws KlifException when it cannot be read, or has more
   */
  public static byte[] bytes(Path file, int largest) {
    try (InputStream in = Files.newInputStream(file)) {
      // ahead of reading, where the size is known: what is read takes memory
      boolean large = Files.size(file) > largest;
      byte[] bytes = in.readNBytes(large ? 0 : largest + 1);
      if (large || bytes.length > largest) {
        throw new KlifException(
            "%s has more than %d bytes, which no such file needs".formatted(file, largest));
      }
      return bytes;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * The text of a file in UTF-8.
   *
   * @param largest number of its bytes
   * @throws KlifException when it cannot be read, has more, or is no text
   */
  public static String text(Path file, int largest) {
    byte[] bytes = bytes(file, largest);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw unreadable(file, e);
    }
  }

  private static KlifException unreadable(Path file, IOException e) {
    return new KlifException("Cannot read " + file + ": " + AtomicFile.reason(e), e);
  }

  private WholeFile() {}
}
