package org.klif.bench;

import java.util.Arrays;
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
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], Arrays.stream(sorted).max().getAsDouble(), sorted.length);
  }
}
