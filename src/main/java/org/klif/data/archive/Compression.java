package org.klif.data.archive;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.klif.KlifException;
import org.tukaani.xz.XZInputStream;

/** How a file is compressed, told from its first bytes. */
public enum Compression {
  /** Not, or in a way Klif does not know. */
  NONE,
  /** Gzip, RFC 1952. */
  GZIP,
  /** The .xz format. */
  XZ;

  private static final byte[] XZ_MAGIC = {(byte) 0xFD, '7', 'z', 'X', 'Z', 0};

  /** xz's highest setting needs 65 MiB; a file that claims more is refused. */
  private static final int XZ_MEMORY_KIB = 128 << 10;

  /** Looks at the first bytes of {@code in}, which must support marks, and puts them back. */
  static Compression of(InputStream in) throws IOException {
    in.mark(XZ_MAGIC.length);
    byte[] start = in.readNBytes(XZ_MAGIC.length);
    in.reset();
    if (Arrays.equals(start, XZ_MAGIC)) {
      return XZ;
    }
    return start.length > 2 && start[0] == 0x1F && start[1] == (byte) 0x8B ? GZIP : NONE;
  }

  /**
   * A file's content, uncompressed where it is gzip or xz. The stream's errors are {@link
   * KlifException}s that name the file.
   *
   * @throws KlifException when the file cannot be opened
   */
  public static NamedInputStream open(Path file) {
    try {
      return new NamedInputStream(content(file), file.toString());
    } catch (IOException | RuntimeException e) {
      throw NamedInputStream.unreadable(file.toString(), e);
    }
  }

  /** A file's content, uncompressed, with the errors as they come. */
  static InputStream content(Path file) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return switch (of(raw)) {
        case NONE -> raw;
        case GZIP ->
            GzipCompressorInputStream.builder()
                .setInputStream(raw)
                .setDecompressConcatenated(true)
                .get();
        case XZ -> new XZInputStream(raw, XZ_MEMORY_KIB);
      };
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /** Whether the file is compressed. */
  public static Compression of(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return of(in);
    } catch (IOException e) {
      throw NamedInputStream.unreadable(file.toString(), e);
    }
  }
}
