package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.ProcessLock;

/**
 * A finished cache file. All numbers are little-endian:
 *
 * <pre>
 * header   8 bytes "KLIFFRM2", int values per sample (0 for opaque bytes), int k, k bytes of the key's text
 * samples  packed values, or opaque bytes, without gaps
 * index    per sample: long offset, int bytes, int packing's code, int CRC-32C, int n, n bytes of its name,
 *          int m, m bytes of the source's remark
 * footer   long offset of the index, int samples, int CRC-32C of header and index,
 *          int CRC-32C of these 16 bytes, 4 bytes "KLIF"
 * </pre>
 */
final class CacheFile {
  static final long MAGIC = 0x324d5246_46494c4bL; // "KLIFFRM2"
  static final int END = 0x46494c4b; // "KLIF"
  private static final int FOOTER = 24;

  /** One mapping holds at most so much: a ByteBuffer's limit is 2^31 - 1. */
  private static final long MAPPING = 1L << 30;

  private final Path file;
  private final int values;

  /** Mapping m holds the bytes from m * mapping on, and as much again as a sample may need. */
  private final ByteBuffer[] mappings;

  private final long mapping;

  private final List<CacheEntry> index;

  private CacheFile(
      Path file, int values, ByteBuffer[] mappings, long mapping, List<CacheEntry> index) {
    this.file = file;
    this.values = values;
    this.mappings = mappings;
    this.mapping = mapping;
    this.index = List.copyOf(index);
  }

  /** The header of a file. */
  static ByteBuffer header(CacheKey key, int values) {
    byte[] text = key.text().getBytes(UTF_8);
    return ByteBuffer.allocate(16 + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(MAGIC)
        .putInt(values)
        .putInt(text.length)
        .put(text)
        .flip();
  }

  /** The footer of a file. */
  static ByteBuffer footer(ByteBuffer header, ByteBuffer index, long indexOffset, int samples) {
    ByteBuffer footer =
        ByteBuffer.allocate(FOOTER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(indexOffset)
            .putInt(samples)
            .putInt(crc(header, index));
    return footer.putInt(crc(footer.duplicate().flip())).putInt(END).flip();
  }

  /**
   * Maps a file after comparing its header, index and footer. The samples are compared when read.
   *
   * @throws KlifException when it is damaged, of another key, or cannot be read
   */
  static CacheFile open(Path file, CacheKey key, int values) {
    return open(file, key, values, MAPPING);
  }

  /** With mappings of another length. */
  static CacheFile open(Path file, CacheKey key, int values, long mapping) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer header = header(key, values);
      if (size < header.limit() + FOOTER) {
        throw damaged(file, "it is too short");
      }
      if (!read(channel, 0, header.limit()).equals(header)) {
        throw damaged(file, "its header is another one");
      }
      ByteBuffer footer = read(channel, size - FOOTER, FOOTER);
      if (footer.getInt(20) != END || footer.getInt(16) != crc(footer.slice(0, 16))) {
        throw damaged(file, "its end is missing");
      }
      long offset = footer.getLong(0);
      ByteBuffer index = read(channel, offset, Math.toIntExact(size - FOOTER - offset));
      if (footer.getInt(12) != crc(header, index)) {
        throw damaged(file, "its index has a wrong checksum");
      }
      List<CacheEntry> entries = new ArrayList<>();
      for (int i = 0; i < footer.getInt(8); i++) {
        entries.add(CacheEntry.get(index));
      }
      ByteBuffer[] mappings = map(channel, size, largest(entries), mapping);
      return new CacheFile(file, values, mappings, mapping, entries);
    } catch (IOException e) {
      throw new KlifException("cannot read the cache " + file + ": " + e.getMessage(), e);
    }
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

  private static int largest(List<CacheEntry> entries) {
    return entries.stream().mapToInt(CacheEntry::bytes).max().orElse(0);
  }

  private static ByteBuffer[] map(FileChannel channel, long size, int largest, long mapping)
      throws IOException {
    ByteBuffer[] mappings = new ByteBuffer[Math.toIntExact((size + mapping - 1) / mapping)];
    for (int m = 0; m < mappings.length; m++) {
      long start = m * mapping;
      // A sample that begins in a mapping ends in it too.
      long length = Math.min(size - start, mapping + largest);
      mappings[m] = channel.map(MapMode.READ_ONLY, start, Math.min(length, Integer.MAX_VALUE));
    }
    return mappings;
  }

  /** CRC-32C of what remains in these buffers, whose positions stay. */
  static int crc(ByteBuffer... parts) {
    CRC32C crc = new CRC32C();
    for (ByteBuffer part : parts) {
      crc.update(part.duplicate());
    }
    return (int) crc.getValue();
  }

  private static KlifException damaged(Path file, String why) {
    return new KlifException("the cache " + file + " is damaged: " + why);
  }

  int samples() {
    return index.size();
  }

  String name(int i) {
    return index.get(i).name();
  }

  String remark(int i) {
    return index.get(i).remark();
  }

  int values() {
    return values;
  }

  /** Compares and unpacks one sample. */
  void read(int i, float[] destination, int offset) {
    index.get(i).packing().unpack(bytes(i), values, destination, offset);
  }

  /** Compares one sample's bytes, which are mapped: little-endian, and not to be written. */
  ByteBuffer bytes(int i) {
    CacheEntry entry = index.get(i);
    ByteBuffer packed =
        mappings[(int) (entry.offset() / mapping)].slice(
            Math.toIntExact(entry.offset() % mapping), entry.bytes());
    if (crc(packed) != entry.crc()) {
      throw new KlifException(
          "sample %s of the cache %s has a wrong checksum: the file was changed after it was written; delete it, and it is built again"
              .formatted(entry.name(), file));
    }
    return packed.order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Opens a cache, after building it where there is none or a damaged one.
   *
   * @param file where it belongs; its folder is made when it is not there
   * @param values per sample, 0 for opaque bytes
   * @param threads that make samples while building, at least 1
   * @throws KlifException when the source fails, or the folder cannot be written
   */
  static CacheFile openOrBuild(
      Path file,
      CacheKey key,
      int values,
      CacheBuilder.Source source,
      int threads,
      CacheProgress progress) {
    Optional<CacheFile> found = find(file, key, values, progress);
    if (found.isPresent()) {
      return found.get();
    }
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw cannotWrite(file.getParent(), e);
    }
    ProcessLock lock = lock(file, progress);
    try {
      // Another process may have built it while this one waited.
      found = find(file, key, values, CacheProgress.none());
      if (found.isEmpty()) {
        try (CacheBuilder builder = new CacheBuilder(file, key, values)) {
          builder.build(source, threads, progress);
        } finally {
          progress.end();
        }
        found = Optional.of(CacheFile.open(file, key, values));
      }
      return found.get();
    } finally {
      lock.close();
    }
  }

  /** The right to build a cache, however long another process or thread builds it. */
  private static ProcessLock lock(Path file, CacheProgress progress) {
    Path path = file.resolveSibling(file.getFileName() + ".lock");
    try {
      return ProcessLock.await(
          path,
          () -> progress.note("another run is building the cache " + file + "; waiting for it"));
    } catch (IOException e) {
      throw cannotWrite(path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KlifException("interrupted while waiting for the cache " + file, e);
    }
  }

  private static Optional<CacheFile> find(
      Path file, CacheKey key, int values, CacheProgress progress) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(CacheFile.open(file, key, values));
    } catch (KlifException e) {
      progress.note(e.getMessage() + "; it is built again");
      return Optional.empty();
    }
  }

  /** A failure to write, with the remedy. */
  static KlifException cannotWrite(Path file, IOException cause) {
    return new KlifException(
        "cannot write the cache %s: %s; make room there, or choose another folder with KLIF_DATA"
            .formatted(file, AtomicFile.reason(cause)),
        cause);
  }
}
