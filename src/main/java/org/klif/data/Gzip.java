package org.klif.data;

import com.google.common.base.CharMatcher;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.klif.KlifException;
import org.klif.data.archive.NamedInputStream;

/**
 * The content of a gzip file, strictly: every byte of the file counts, what follows the last member
 * too, which the JDK's reader ignores. Each failure is one {@link KlifException} that names the
 * file.
 */
final class Gzip extends NamedInputStream {
  /** Deflate cannot shrink data further than this (its own documentation says 1032:1). */
  static final long LARGEST_RATIO = 1032;

  private static final long LARGEST_FILE = 1L << 30;

  private final String source;
  private final int compressedSize;

  private Gzip(InputStream content, String source, int compressedSize) {
    super(content, source);
    this.source = source;
    this.compressedSize = compressedSize;
  }

  /**
   * Opens a gzip file; its compressed bytes are held in memory.
   *
   * @throws KlifException when the file cannot be read or is not gzip
   */
  static Gzip open(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw new KlifException(file + " is larger than 1 GiB: it is not a file of this data set");
      }
      return of(file.toString(), Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new KlifException(file + " does not exist", e);
    } catch (IOException e) {
      throw new KlifException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Reads gzip bytes from memory; {@code source} names them in messages. */
  static Gzip of(String source, byte[] bytes) {
    if (bytes.length < 2 || bytes[0] != 0x1f || bytes[1] != (byte) 0x8b) {
      throw new KlifException(source + " is not a gzip file");
    }
    try {
      return new Gzip(
          GzipCompressorInputStream.builder()
              .setInputStream(new ByteArrayInputStream(bytes))
              .setDecompressConcatenated(true)
              .get(),
          source,
          bytes.length);
    } catch (IOException e) {
      throw damaged(source, bytes.length, e);
    }
  }

  private static KlifException damaged(String source, int size, Exception e) {
    return new KlifException(
        e instanceof EOFException
            ? "%s is truncated: the gzip data ends too early, at byte %d; fetch the file again"
                .formatted(source, size)
            : "cannot read %s: %s; fetch the file again"
                .formatted(
                    source, CharMatcher.is('.').trimTrailingFrom(String.valueOf(e.getMessage()))),
        e);
  }

  /** What messages call this file. */
  String source() {
    return source;
  }

  /** Size of the compressed file in bytes. */
  int compressedSize() {
    return compressedSize;
  }

  @Override
  protected KlifException damaged(Exception e) {
    return damaged(source, compressedSize, e);
  }

  /** Fills {@code destination} as far as the data goes and returns how many bytes that was. */
  int readFully(byte[] destination, int offset, int length) {
    try {
      return readNBytes(destination, offset, length);
    } catch (IOException e) {
      throw damaged(e);
    }
  }
}
