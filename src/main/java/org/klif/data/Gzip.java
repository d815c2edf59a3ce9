package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.klif.KlifException;

/**
 * A strict gzip reader (RFC 1952). The JDK's GZIPInputStream silently ignores whatever follows the
 * last member; here every byte of the file counts, and each failure is one {@link KlifException}
 * that names the file.
 */
final class Gzip extends InputStream {
  /** Deflate cannot shrink data further than this (its own documentation says 1032:1). */
  static final long LARGEST_RATIO = 1032;

  private static final long LARGEST_FILE = 1L << 30;
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;

  private final String source;
  private final byte[] bytes;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private int position;
  private boolean finished;

  private Gzip(String source, byte[] bytes) {
    this.source = source;
    this.bytes = bytes;
    readHeader();
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
      return new Gzip(file.toString(), Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new KlifException(file + " does not exist", e);
    } catch (IOException e) {
      throw new KlifException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Reads gzip bytes from memory; {@code source} names them in messages. */
  static Gzip of(String source, byte[] bytes) {
    return new Gzip(source, bytes);
  }

  /** What messages call this file. */
  String source() {
    return source;
  }

  /** Size of the compressed file in bytes. */
  int compressedSize() {
    return bytes.length;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
  }

  @Override
  public int read(byte[] destination, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (length == 0) {
      return 0;
    }
    while (!finished) {
      int count;
      try {
        count = inflater.inflate(destination, offset, length);
      } catch (DataFormatException e) {
        throw corrupt("its compressed data is damaged", e);
      }
      crc.update(destination, offset, count);
      if (inflater.finished()) {
        finishMember();
      } else if (count == 0) {
        throw truncated();
      }
      if (count > 0) {
        return count;
      }
    }
    return -1;
  }

  /** Fills {@code destination} as far as the data goes and returns how many bytes that was. */
  int readFully(byte[] destination, int offset, int length) {
    int done = 0;
    while (done < length) {
      int count = read(destination, offset + done, length - done);
      if (count < 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  @Override
  public void close() {
    inflater.end();
  }

  private void readHeader() {
    int start = position;
    if (bytes.length - start < 2 || byteAt(start) != 0x1f || byteAt(start + 1) != 0x8b) {
      throw start == 0
          ? new KlifException(source + " is not a gzip file")
          : corrupt(bytes.length - start + " bytes follow its end", null);
    }
    require(10);
    int flags = byteAt(start + 3);
    if (byteAt(start + 2) != 8 || (flags & 0xe0) != 0) {
      throw corrupt("its header names an unknown compression method", null);
    }
    position += 10;
    if ((flags & EXTRA) != 0) {
      require(2);
      int length = byteAt(position) | byteAt(position + 1) << 8;
      position += 2;
      require(length);
      position += length;
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      require(2);
      position += 2;
    }
    inflater.setInput(bytes, position, bytes.length - position);
  }

  private void finishMember() {
    position = bytes.length - inflater.getRemaining();
    require(8);
    long length = inflater.getBytesWritten() & 0xffff_ffffL;
    if (littleEndian(position) != crc.getValue() || littleEndian(position + 4) != length) {
      throw corrupt("its checksum (CRC-32) does not match its content", null);
    }
    position += 8;
    if (position == bytes.length) {
      finished = true;
    } else {
      inflater.reset();
      crc.reset();
      readHeader();
    }
  }

  private void skipText() {
    do {
      require(1);
    } while (bytes[position++] != 0);
  }

  private void require(int count) {
    if (bytes.length - position < count) {
      throw truncated();
    }
  }

  private int byteAt(int index) {
    return bytes[index] & 255;
  }

  private long littleEndian(int index) {
    return byteAt(index)
        | byteAt(index + 1) << 8
        | byteAt(index + 2) << 16
        | (long) byteAt(index + 3) << 24;
  }

  private KlifException truncated() {
    return new KlifException(
        "%s is truncated: the gzip data ends too early, at byte %d; fetch the file again"
            .formatted(source, bytes.length));
  }

  private KlifException corrupt(String how, Throwable cause) {
    return new KlifException(
        "%s is corrupt: %s; fetch the file again".formatted(source, how), cause);
  }
}
