package org.klif.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.statistics.distribution.TDistribution;
import org.klif.report.Statistics;

/**
 * The difference of two neurons over runs with the same seed: the same data order, augmentation and
 * first weights, so that what both have in common cancels.
 *
 * @param spread mean and standard deviation of the differences, one a pair
 */
record PairedDifference(Statistics spread) {
  /**
   * A confidence interval.
   *
   * @param low its lower end
   * @param high its upper end
   */
  record Interval(double low, double high) {
    /** Checks the order. */
    Interval {
      if (!(low <= high)) {
        throw new IllegalArgumentException("an interval from " + low + " to " + high);
      }
    }

    /** Whether 0 lies outside. */
    boolean excludesZero() {
      return low > 0 || high < 0;
    }
  }

  /** The confidence that the table shows. */
  static final double CONFIDENCE = 0.95;

  /** Far below one sample in a million, far above what adding a few doubles loses. */
  private static final double ROUNDING = 1e-12;

  /**
   * Pairs by seed; a seed that only one of the two has is left out.
   *
   * @param values by seed
   * @param reference by seed, subtracted
   * @return empty when no seed is in both
   */
  static Optional<PairedDifference> of(Map<Long, Double> values, Map<Long, Double> reference) {
    List<Double> differences = new ArrayList<>();
    new TreeMap<>(values)
        .forEach(
            (seed, value) -> {
              Double other = reference.get(seed);
              if (other != null) {
                differences.add(value - other);
              }
            });
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(new PairedDifference(Statistics.of(differences)));
  }

  /** Number of pairs. */
  int pairs() {
    return spread.count();
  }

  /** Mean over the pairs; exactly 0 where only rounding is left of differences that cancel. */
  double mean() {
    return Math.abs(spread.mean()) < ROUNDING ? 0 : spread.mean();
  }

  /**
   * Student's interval, mean +- t(1 - (1 - confidence) / 2, n - 1) deviation / sqrt(n). It takes
   * the differences as normally distributed.
   *
   * @param confidence above 0, below 1
   * @return empty with fewer than two pairs
   */
  Optional<Interval> interval(double confidence) {
    if (pairs() < 2) {
      return Optional.empty();
    }
    double t = TDistribution.of(pairs() - 1).inverseSurvivalProbability(0.5 * (1 - confidence));
    double half = t * spread.deviation() / Math.sqrt(pairs());
    return Optional.of(new Interval(mean() - half, mean() + half));
  }

  /** Whether all pairs differ by the same: an interval without width then, which proves nothing. */
  boolean isWithoutSpread() {
    return pairs() > 1 && spread.deviation() == 0;
  }
}
