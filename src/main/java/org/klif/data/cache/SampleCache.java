package org.klif.data.cache;

import java.util.Objects;

/** Samples in one file that is mapped into memory, each with a name and a remark. */
public abstract sealed class SampleCache implements AutoCloseable permits FrameCache, RecordCache {
  final CacheFile content;

  SampleCache(CacheFile content) {
    this.content = content;
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

  /** Lets go of the file; the mapping ends when the collector finds it. */
  @Override
  public void close() {
    // Java 17 cannot unmap a file safely, and the channel was closed after mapping.
  }
}
