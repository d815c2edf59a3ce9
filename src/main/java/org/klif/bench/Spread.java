package org.klif.bench;

import com.google.common.math.Quantiles;
import java.util.Collections;
import java.util.List;

/**
 * What repeated runs of one thing gave: how long they took in milliseconds, or where it is said,
 * another figure of them.
 *
 * @param median middle value, or the mean of the two in the middle
 * @param lowest shortest run, or smallest figure
 * @param highest longest run, or largest figure
 * @param runs their number
 */
public record Spread(double median, double lowest, double highest, int runs) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** The spread of at least one duration in nanoseconds. */
  static Spread ofNanos(List<Long> nanos) {
    return of(nanos.stream().map(n -> n / NANOS_PER_MILLI).toList());
  }

  /** The spread of at least one figure. */
  public static Spread of(List<Double> figures) {
    if (figures.isEmpty()) {
      throw new IllegalArgumentException("no runs");
    }
    return new Spread(
        Quantiles.median().compute(figures),
        Collections.min(figures),
        Collections.max(figures),
        figures.size());
  }
}
