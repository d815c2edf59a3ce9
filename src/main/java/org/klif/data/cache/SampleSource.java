package org.klif.data.cache;

/** Where the samples of a cache come from when it has to be built. */
@FunctionalInterface
public interface SampleSource {
  /**
   * Puts every sample, each under a name of its own. Reading that must go from front to back is
   * done here; the rest of the work belongs into what is put, since that runs in several threads.
   */
  void produce(Sink sink);

  /** The values of one sample. */
  @FunctionalInterface
  interface Content {
    /**
     * Writes the sample's values into an array of zeros; called once, in another thread.
     *
     * @return what the cache is to give back with the sample
     */
    String fill(float[] values);
  }

  /** Takes the samples. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes one sample; waits when many are on their way.
     *
     * @param name of the sample; the cache gives it back, so it may say class and part
     */
    void put(String name, Content content);
  }
}
