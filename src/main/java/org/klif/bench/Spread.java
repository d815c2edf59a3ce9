package org.klif.bench;

import java.util.Arrays;
import java.util.List;

/**
 * How long repeated runs of one thing took, in milliseconds.
 *
 * @param median middle value, or the mean of the two in the middle
 * @param lowest shortest run
 * @param highest longest run
 * @param runs their number
 */
public record Spread(double median, double lowest, double highest, int runs) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** The spread of at least one duration in nanoseconds. */
  static Spread ofNanos(List<Long> nanos) {
    if (nanos.isEmpty()) {
      throw new IllegalArgumentException("no runs");
    }
    double[] sorted = nanos.stream().mapToDouble(n -> n / NANOS_PER_MILLI).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], Arrays.stream(sorted).max().getAsDouble(), sorted.length);
  }
}
