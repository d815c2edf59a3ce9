package org.klif.report;

import com.google.common.math.Stats;
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
  /** Numbers that are not finite are left out. */
  public static Statistics of(Collection<Double> numbers) {
    List<Double> values = numbers.stream().filter(Double::isFinite).toList();
    int n = values.size();
    if (n == 0) {
      return new Statistics(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    Stats stats = Stats.of(values);
    double deviation = n < 2 ? Double.NaN : stats.sampleStandardDeviation();
    return new Statistics(n, stats.mean(), deviation, stats.min(), stats.max());
  }
}
