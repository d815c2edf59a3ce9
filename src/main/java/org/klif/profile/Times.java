package org.klif.profile;

import java.util.List;

/**
 * How long steps took, in milliseconds.
 *
 * @param mean of all
 * @param median middle value, or the mean of the two in the middle
 * @param steps their number
 */
public record Times(double mean, double median, double lowest, double highest, int steps) {
  private static final double NANOS_PER_MILLI = 1e6;

  static Times ofNanos(List<Long> nanos) {
    double[] sorted = nanos.stream().mapToDouble(n -> n / NANOS_PER_MILLI).sorted().toArray();
    double sum = 0;
    for (double one : sorted) {
      sum += one;
    }
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Times(
        sum / sorted.length, median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }
}
