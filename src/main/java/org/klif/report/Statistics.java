package org.klif.report;

import java.util.Collection;
import java.util.List;

/**
 * Of some numbers, one a run.
 *
 * @param count how many
 * @param mean NaN where there is none
 * @param deviation standard deviation of the sample (n - 1); NaN for fewer than two
 * @param low the smallest
 * @param high the largest
 */
public record Statistics(int count, double mean, double deviation, double low, double high) {
  /** Sums in the order given; numbers that are not finite are left out. */
  public static Statistics of(Collection<Double> numbers) {
    List<Double> values = numbers.stream().filter(Double::isFinite).toList();
    int n = values.size();
    if (n == 0) {
      return new Statistics(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    double sum = 0;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      sum += value;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    double mean = sum / n;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double deviation = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1));
    return new Statistics(n, mean, deviation, low, high);
  }
}
