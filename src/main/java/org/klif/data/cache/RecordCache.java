package org.klif.data.cache;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Samples of any length, as bytes that the user understands, in one file that is mapped into
 * memory. It is named, built, verified and shared between processes as a {@link FrameCache} is. May
 * be used by several threads.
 */
public final class RecordCache implements AutoCloseable {
  private static final int OPAQUE = 0;

  private final CacheFile content;

  private RecordCache(CacheFile content) {
    this.content = content;
  }

  /** One sample. */
  @FunctionalInterface
  public interface Content {
    /** What remains in this buffer; asked once, in another thread. */
    ByteBuffer bytes();

    /** What the cache is to give back with the sample; asked after {@link #bytes}. */
    default String remark() {
      return "";
    }
  }

  /** Takes the samples of a cache that has to be built. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes one sample; waits when many are on their way.
     *
     * @param name of the sample, which the cache gives back
     */
    void put(String name, Content content);
  }

  /**
   * Opens a cache, after building it where there is none or a damaged one.
   *
   * @param folder where caches are; made when it is not there
   * @param key what the content depends on
   * @param source puts every sample; asked only when the cache has to be built
   * @param threads that make bytes while building, at least 1
   * @throws org.klif.KlifException when the source fails, or the folder cannot be written
   */
  public static RecordCache open(
      Path folder, CacheKey key, Consumer<Sink> source, int threads, CacheProgress progress) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads");
    }
    return new RecordCache(
        CacheFile.openOrBuild(
            folder.resolve(key.fileName(".records")),
            key,
            OPAQUE,
            sink ->
                source.accept(
                    (name, record) ->
                        sink.put(
                            name,
                            () -> {
                              ByteBuffer bytes = record.bytes().slice();
                              return new CacheBuilder.Content(
                                  Packing.OPAQUE, bytes, record.remark());
                            })),
            threads,
            progress));
  }

  /** Its size in bytes. */
  public long bytes() {
    return content.bytes();
  }

  /** Number of samples, which are in the order in which the source put them. */
  public int samples() {
    return content.samples();
  }

  /** The name under which the source put sample {@code i}. */
  public String name(int i) {
    return content.name(Objects.checkIndex(i, samples()));
  }

  /** What the source said of sample {@code i} besides. */
  public String remark(int i) {
    return content.remark(Objects.checkIndex(i, samples()));
  }

  /**
   * The bytes of sample {@code i}, little-endian; they lie in the file and cannot be written.
   *
   * @throws org.klif.KlifException when they are no longer those that were written
   */
  public ByteBuffer read(int i) {
    return content.bytes(Objects.checkIndex(i, samples()));
  }

  /** Lets go of the file; the mapping ends when the collector finds it. */
  @Override
  public void close() {
    // Java 17 cannot unmap a file safely, and the channel was closed after mapping.
  }
}
