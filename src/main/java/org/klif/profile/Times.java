package org.klif.profile;

import com.google.common.math.Quantiles;
import com.google.common.math.Stats;
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
    double[] all = nanos.stream().mapToDouble(n -> n / NANOS_PER_MILLI).toArray();
    Stats stats = Stats.of(all);
    return new Times(
        stats.mean(), Quantiles.median().compute(all), stats.min(), stats.max(), all.length);
  }
}
