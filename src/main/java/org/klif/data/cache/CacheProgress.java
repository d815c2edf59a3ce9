package org.klif.data.cache;

/** Hears how a cache is built; called from the thread that asked for it. */
public interface CacheProgress {
  /**
   * More samples are in the file; called once a sample.
   *
   * @param done samples so far
   */
  void samples(int done);

  /** One line for people: another process is building the cache, a damaged one is built again. */
  void note(String line);

  /** Hears nothing. */
  static CacheProgress none() {
    return new CacheProgress() {
      @Override
      public void samples(int done) {}

      @Override
      public void note(String line) {}
    };
  }
}
