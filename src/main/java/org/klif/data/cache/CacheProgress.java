package org.klif.data.cache;

/** Is told how a cache is built; called from the thread that asked for it. */
public interface CacheProgress {
  /**
   * Samples begin to be made.
   *
   * @param total how many there will be; 0 where counting them would take a pass over an archive
   */
  default void begin(int total) {}

  /** All samples are made, or it failed. */
  default void end() {}

  /**
   * More samples are in the file; called once a sample.
   *
   * @param done samples so far
   */
  default void samples(int done) {}

  /** One line for people: another process is building the cache, a damaged one is built again. */
  default void note(String line) {}

  /** Ignores it all. */
  static CacheProgress none() {
    return new CacheProgress() {};
  }
}
