package org.klif.reproduce;

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
