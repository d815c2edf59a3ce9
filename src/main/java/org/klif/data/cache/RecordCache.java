package org.klif.data.cache;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Samples of any length, as bytes that the user understands, in one file that is mapped into
 * memory. It is named, built, verified and shared between processes as a {@link FrameCache} is. May
 * be used by several threads.
 */
public final class RecordCache extends SampleCache {
  private static final int OPAQUE = 0;

  private RecordCache(CacheFile content) {
    super(content);
  }

  /**
   * One sample.
   *
   * @param bytes what remains in this buffer
   * @param remark what the cache is to give back with the sample
   */
  public record Content(ByteBuffer bytes, String remark) {}

  /** Takes the samples of a cache that has to be built. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes one sample; waits when many are on their way.
     *
     * @param name of the sample, which the cache gives back
     * @param content asked once, in another thread
     */
    void put(String name, Supplier<Content> content);
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
                    (name, content) ->
                        sink.put(
                            name,
                            () -> {
                              Content made = content.get();
                              return new CacheBuilder.Content(
                                  Packing.OPAQUE, made.bytes().slice(), made.remark());
                            })),
            threads,
            progress));
  }

  /**
   * The bytes of sample {@code i}, little-endian; they lie in the file and cannot be written.
   *
   * @throws org.klif.KlifException when they are no longer those that were written
   */
  public ByteBuffer read(int i) {
    return content.bytes(Objects.checkIndex(i, samples()));
  }
}
