package org.klif.data.frames;

import org.klif.KlifException;
import org.klif.data.events.Events;

/** Collects changed events on a sensor of a given size; those that leave it are dropped. */
record EventCopy(int height, int width, Events.Builder builder) {
  /**
   * Without events yet.
   *
   * @param expected how many may come
   */
  EventCopy(int height, int width, int expected) {
    this(height, width, Events.builder("a changed recording", expected));
  }

  /** Adds an event, unless it lies outside. */
  void add(int x, int y, int polarity, long micros) {
    if (x >= 0 && x < width && y >= 0 && y < height) {
      builder.accept(x, y, polarity, micros);
    }
  }

  /** Adds event {@code i} of a recording. */
  void add(Events events, int i) {
    add(events.x(i), events.y(i), events.polarity(i), events.micros(i));
  }

  /** Refuses an event that a sensor of that size cannot have. */
  static void requireInside(Events events, int i, int height, int width) {
    int x = events.x(i);
    int y = events.y(i);
    if (x >= width || y >= height) {
      throw new KlifException(
          "event %d lies at x=%d, y=%d, outside of a sensor of %d columns and %d rows"
              .formatted(i, x, y, width, height));
    }
  }

  Events build() {
    return builder.build();
  }
}
