package org.klif.verify;

import org.jspecify.annotations.Nullable;

/** Collects the differences of one case between device and golden vectors. */
final class Comparison {
  /**
   * Float32 results against float64 ones, as abs(a - b) at most this times max(1, abs(b)): the
   * tolerance that the golden vectors' README sets. Their own float32 reference stays 20 times
   * below it.
   */
  static final double TOLERANCE = 1e-5;

  private double largest;
  private String of = "nothing";
  private boolean compared;
  private @Nullable String problem;

  /** Every value within the tolerance. */
  void close(String what, float[] actual, double[] expected) {
    requireSameSize(what, actual.length, expected.length);
    double worst = 0;
    int at = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
      // NaN and infinity are as wrong as can be
      if (!(error <= worst)) {
        worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
        at = i;
      }
    }
    note(what, worst);
    if (!(worst <= TOLERANCE)) {
      fail("%s[%d] is %s, expected %s".formatted(what, at, actual[at], expected[at]));
    }
  }

  /** One number within the tolerance. */
  void close(String what, double actual, double expected) {
    double error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
    note(what, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
    if (!(error <= TOLERANCE)) {
      fail("%s is %s, expected %s".formatted(what, actual, expected));
    }
  }

  /** Every value equal. */
  void equal(String what, float[] actual, double[] expected) {
    requireSameSize(what, actual.length, expected.length);
    int different = 0;
    int first = -1;
    for (int i = 0; i < expected.length; i++) {
      if (actual[i] != expected[i]) {
        different++;
        first = first < 0 ? i : first;
      }
    }
    note(what, different == 0 ? 0 : 1);
    if (different > 0) {
      fail("%d of %d in %s differ, first [%d]".formatted(different, actual.length, what, first));
    }
  }

  /** Every value the same to the bit; zeros of either sign are one value. */
  void sameBits(String what, float[] actual, float[] expected) {
    requireSameSize(what, actual.length, expected.length);
    int different = 0;
    int first = -1;
    for (int i = 0; i < expected.length; i++) {
      if (actual[i] != expected[i]
          && Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
        different++;
        first = first < 0 ? i : first;
      }
    }
    note(what, different == 0 ? 0 : 1);
    if (different > 0) {
      fail(
          "%d of %d in %s differ, first [%d]: %s, expected %s"
              .formatted(different, actual.length, what, first, actual[first], expected[first]));
    }
  }

  /** Two counts equal. */
  void equal(String what, long actual, long expected) {
    note(what, (double) Math.abs(actual - expected));
    if (actual != expected) {
      fail("%s is %d, expected %d".formatted(what, actual, expected));
    }
  }

  CaseResult result(String name) {
    if (!compared) {
      return CaseResult.broken(name, "the file expects nothing");
    }
    return new CaseResult(name, problem == null, largest, of, problem);
  }

  private void note(String what, double error) {
    if (!compared || error > largest) {
      largest = error;
      of = what;
    }
    compared = true;
  }

  private void fail(String what) {
    problem = problem == null ? what : problem;
  }

  private static void requireSameSize(String what, int actual, int expected) {
    if (actual != expected) {
      throw new MalformedCase(
          "%s has %d values, the device computes %d".formatted(what, expected, actual));
    }
  }
}
