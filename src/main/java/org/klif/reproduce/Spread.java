package org.klif.reproduce;

import java.util.Collection;

/**
 * Mean and standard deviation of a few values.
 *
 * @param count of the values
 * @param mean NaN without a value
 * @param deviation of a sample (divisor count - 1); NaN with fewer than two values
 */
record Spread(int count, double mean, double deviation) {
  /** In two passes: the squares are those of distances to the mean, so nothing cancels. */
  static Spread of(Collection<Double> values) {
    int count = values.size();
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    double mean = sum / count;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    double deviation = count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
    return new Spread(count, count == 0 ? Double.NaN : mean, deviation);
  }
}
