package org.klif.data.cache;

import java.nio.file.Path;
import java.util.Objects;
import org.klif.KlifException;

/**
 * The samples of a data set as packed frames in one file, mapped into memory. Each sample's bytes
 * have a checksum that is compared whenever the sample is read. May be used by several threads.
 *
 * <p>The file's name follows from the {@link CacheKey}, which is also in the file, so other options
 * or another source mean another file. It is written beside its final place and renamed when it is
 * whole: a process that is killed, or a disk that is full, leave no cache at all rather than a part
 * of one. A second process that needs the same cache waits for the first one and uses its work.
 */
public final class FrameCache extends SampleCache {
  private final Path file;

  private FrameCache(Path file, CacheFile content) {
    super(content);
    this.file = file;
  }

  /**
   * Opens a cache, after building it where there is none or a damaged one.
   *
   * @param folder where caches are; made when it is not there
   * @param key what the content depends on
   * @param values per sample
   * @param source asked only when the cache has to be built
   * @param threads that make frames while building, at least 1
   * @throws KlifException when the source fails, or the folder cannot be written
   */
  public static FrameCache open(
      Path folder,
      CacheKey key,
      int values,
      SampleSource source,
      int threads,
      CacheProgress progress) {
    if (values < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "samples of %d values in %d threads".formatted(values, threads));
    }
    Path file = folder.resolve(key.fileName());
    CacheBuilder.Source packing =
        sink ->
            source.produce(
                (name, content) ->
                    sink.put(
                        name,
                        () -> {
                          float[] frames = new float[values];
                          String remark = content.fill(frames);
                          Packing packed = Packing.of(frames);
                          return new CacheBuilder.Content(packed, packed.pack(frames), remark);
                        }));
    return new FrameCache(
        file, CacheFile.openOrBuild(file, key, values, packing, threads, progress));
  }

  /** The cache's file. */
  public Path file() {
    return file;
  }

  /** Values per sample. */
  public int values() {
    return content.values();
  }

  /**
   * Writes sample {@code i} to {@code destination[offset ...]}.
   *
   * @throws KlifException when its bytes are no longer those that were written
   */
  public void read(int i, float[] destination, int offset) {
    Objects.checkIndex(i, samples());
    Objects.checkFromIndexSize(offset, values(), destination.length);
    content.read(i, destination, offset);
  }
}
