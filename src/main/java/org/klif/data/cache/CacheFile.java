package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.klif.KlifException;

/**
 * A finished cache file. All numbers are little-endian:
 *
 * <pre>
 * header   8 bytes "KLIFFRM1", int samples, int values per sample, int k, k bytes of the key's text
 * samples  packed values, in any order and without gaps
 * index    per sample: long offset, int bytes, int packing's code, int CRC-32C, int 0
 * footer   long offset of the index, int CRC-32C of header, index and that offset, 4 bytes "KLIF"
 * </pre>
 */
final class CacheFile {
  static final long MAGIC = 0x314d5246_46494c4bL; // "KLIFFRM1"
  static final int END = 0x46494c4b; // "KLIF"
  static final int INDEX_ENTRY = 24;
  static final int FOOTER = 16;

  /** One mapping holds at most so much: a ByteBuffer's limit is 2^31 - 1. */
  private static final long MAPPING = 1L << 30;

  private final Path file;
  private final int samples;
  private final int values;
  private final long bytes;

  /** Mapping m holds the bytes from m * MAPPING on, and as much again as a sample may need. */
  private final ByteBuffer[] mappings;

  private final ByteBuffer index;

  private CacheFile(
      Path file, int samples, int values, long bytes, ByteBuffer[] mappings, ByteBuffer index) {
    this.file = file;
    this.samples = samples;
    this.values = values;
    this.bytes = bytes;
    this.mappings = mappings;
    this.index = index;
  }

  /** The header of a file. */
  static ByteBuffer header(CacheKey key, int samples, int values) {
    byte[] text = key.text().getBytes(UTF_8);
    return ByteBuffer.allocate(20 + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(MAGIC)
        .putInt(samples)
        .putInt(values)
        .putInt(text.length)
        .put(text)
        .flip();
  }

  /**
   * Maps a file after comparing its header, index and footer. The samples are compared when read.
   *
   * @throws KlifException when it is damaged, of another key, or cannot be read
   */
  static CacheFile open(Path file, CacheKey key, int samples, int values) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer expected = header(key, samples, values);
      long indexBytes = (long) samples * INDEX_ENTRY;
      long indexOffset = size - FOOTER - indexBytes;
      if (indexOffset < expected.limit()) {
        throw damaged(file, "it is too short");
      }
      ByteBuffer header = read(channel, 0, expected.limit());
      if (!header.equals(expected)) {
        throw damaged(file, "its header is another one");
      }
      ByteBuffer index = read(channel, indexOffset, Math.toIntExact(indexBytes));
      ByteBuffer footer = read(channel, size - FOOTER, FOOTER);
      if (footer.getInt(FOOTER - 4) != END
          || footer.getLong(0) != indexOffset
          || footer.getInt(8) != crc(header, index, indexOffset)) {
        throw damaged(file, "its index has a wrong checksum");
      }
      return new CacheFile(file, samples, values, size, map(channel, size, values), index);
    } catch (IOException e) {
      throw new KlifException("cannot read the cache " + file + ": " + e.getMessage(), e);
    }
  }

  /** The footer's checksum. */
  static int crc(ByteBuffer header, ByteBuffer index, long indexOffset) {
    ByteBuffer all =
        ByteBuffer.allocate(header.limit() + index.limit() + 8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(header.duplicate())
            .put(index.duplicate())
            .putLong(indexOffset)
            .flip();
    return Sums.crc(all);
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new IOException("it ends early");
      }
    }
    return bytes.flip();
  }

  private static ByteBuffer[] map(FileChannel channel, long size, int values) throws IOException {
    ByteBuffer[] mappings = new ByteBuffer[Math.toIntExact((size + MAPPING - 1) / MAPPING)];
    for (int m = 0; m < mappings.length; m++) {
      long start = m * MAPPING;
      // A sample that begins in a mapping ends in it too.
      long length = Math.min(size - start, MAPPING + Packing.FLOATS.bytes(values));
      mappings[m] = channel.map(MapMode.READ_ONLY, start, Math.min(length, Integer.MAX_VALUE));
    }
    return mappings;
  }

  private static KlifException damaged(Path file, String why) {
    return new KlifException("the cache " + file + " is damaged: " + why);
  }

  int samples() {
    return samples;
  }

  int values() {
    return values;
  }

  long bytes() {
    return bytes;
  }

  /** Compares and unpacks one sample. */
  void read(int i, float[] destination, int offset) {
    int entry = i * INDEX_ENTRY;
    long at = index.getLong(entry);
    int length = index.getInt(entry + 8);
    ByteBuffer packed = mappings[(int) (at / MAPPING)].slice(Math.toIntExact(at % MAPPING), length);
    if (Sums.crc(packed) != index.getInt(entry + 16)) {
      throw new KlifException(
          "sample %d of the cache %s has a wrong checksum: the file was changed after it was written; delete it, and it is built again"
              .formatted(i, file));
    }
    Packing.ofCode(index.getInt(entry + 12)).unpack(packed, values, destination, offset);
  }
}
