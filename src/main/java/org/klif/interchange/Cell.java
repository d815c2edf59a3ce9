package org.klif.interchange;

import java.util.Arrays;

/**
 * A layer of neurons in discrete time: v += a (leak - v) + gain I; where v reaches the threshold,
 * it fires and v = reset. Each array has one value for the layer or one for each channel.
 *
 * @param node its node in the graph, for messages
 * @param a what leaks in a step, dt / tau; 0 for an integrator
 * @param gain of the input, dt r / tau; for an integrator dt r
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Cell(
    String node, double[] a, double[] gain, double[] leak, double[] threshold, double[] reset) {

  /** True without any leak. */
  boolean isIntegrator() {
    return Arrays.stream(a).allMatch(v -> v == 0);
  }

  /** Length of the longest array: 1 when all of them are of the layer. */
  int channels() {
    int channels = 1;
    for (double[] one : new double[][] {a, gain, leak, threshold, reset}) {
      channels = Math.max(channels, one.length);
    }
    return channels;
  }

  /** Value of one channel. */
  static double at(double[] values, int channel) {
    return values[values.length == 1 ? 0 : channel];
  }

  /** One value when all are equal. */
  static double[] shortest(double[] values) {
    return Arrays.stream(values).allMatch(v -> v == values[0]) ? new double[] {values[0]} : values;
  }

  /** Equal but for rounding in double precision, or of numbers that were float32 once. */
  static boolean near(double one, double other) {
    return Math.abs(one - other) <= 1e-7 * Math.max(Math.abs(one), Math.abs(other));
  }

  /** A quotient without the last digits, which rounding has made: 3, not 3.0000000000000004. */
  static double plain(double value) {
    if (value == 0 || Math.abs(value) > 1e9) {
      return value;
    }
    double scale = Math.pow(10, 12 - Math.ceil(Math.log10(Math.abs(value))));
    double rounded = Math.rint(value * scale) / scale;
    return Math.abs(rounded - value) <= 4 * Math.ulp(value) ? rounded : value;
  }
}
