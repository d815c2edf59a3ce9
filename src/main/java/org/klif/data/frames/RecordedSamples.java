package org.klif.data.frames;

import org.klif.data.events.Events;

/**
 * The recordings behind the samples of a data set, filtered, and how they become frames. All
 * methods may be called from several threads at once.
 */
public interface RecordedSamples {
  /** Number of recordings, one a sample. */
  int size();

  /**
   * The recording of sample {@code i}.
   *
   * @throws org.klif.KlifException when it cannot be read
   */
  Events recording(int i);

  /** What their events are on. */
  Sensor sensor();

  /** How they become the samples' frames. */
  FrameRule rule();
}
