package org.klif.data.cache;

import java.util.function.Consumer;

/** Where the samples of a cache come from when it has to be built. */
@FunctionalInterface
public interface SampleSource {
  /**
   * Puts every sample once, in any order: a source that is read from front to back puts them in its
   * own order. Reading that must follow that order is done here; the rest of the work belongs into
   * what is put, since that runs in several threads.
   */
  void produce(Sink sink);

  /** A source whose samples can be read in any order and by several threads. */
  static SampleSource randomAccess(int samples, SampleReader reader) {
    return sink -> {
      for (int i = 0; i < samples; i++) {
        int sample = i;
        sink.put(sample, values -> reader.read(sample, values));
      }
    };
  }

  /** Reads one sample. */
  @FunctionalInterface
  interface SampleReader {
    /**
     * Writes a sample's values.
     *
     * @param values all 0 at first
     */
    void read(int sample, float[] values);
  }

  /** Takes the samples. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes one sample; waits when many are on their way.
     *
     * @param sample its number
     * @param fill writes its values into an array of zeros; called once, in another thread
     */
    void put(int sample, Consumer<float[]> fill);
  }
}
