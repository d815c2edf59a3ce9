package org.klif.profile;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * One piece of the time line.
 *
 * @param category one of the constants
 * @param startNanos since the recorder was made
 * @param layer the layer it belongs to, or null
 * @param bytes traffic of an operation, else 0
 * @param flops of an operation, else 0
 */
record Event(
    String category,
    String name,
    long startNanos,
    long nanos,
    @Nullable String layer,
    double bytes,
    double flops) {
  /** Part of the run, as the training of an epoch. */
  static final String SECTION = "section";

  /** A step that was timed as a whole. */
  static final String TIMED_STEP = "timed step";

  /** A step that was recorded. */
  static final String STEP = "step";

  /** A phase of a recorded step. */
  static final String PHASE = "phase";

  /** A layer in a phase. */
  static final String LAYER = "layer";

  /** An operation of the device. */
  static final String OPERATION = "operation";

  /** By their start; of two that start together the longer one, which holds the other, first. */
  static final Comparator<Event> ORDER =
      Comparator.comparingLong(Event::startNanos)
          .thenComparing(Comparator.comparingLong(Event::nanos).reversed());
}
