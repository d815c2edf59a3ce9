package org.klif.verify;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects the differences of one case between what a device computes and what is expected. */
final class Comparison {
  /**
   * Float32 results against float64 ones, as abs(a - b) at most this times max(1, abs(b)): the
   * tolerance that the golden vectors' README sets. Their own float32 reference stays 20 times
   * below it.
   */
  static final double TOLERANCE = 1e-5;

  /**
   * The float64 reference against stored float64 values, in the same measure: it adds in another
   * order, which costs less than 1e-12, and a wrong term of a formula costs more than 1e-6.
   */
  static final double REFERENCE_TOLERANCE = 1e-9;

  /**
   * A bfloat16 tensor against float64 values, as a share of the largest of them: it is computed in
   * float32 and rounded once, which costs a value up to 2^-8 of itself.
   */
  static final double ROUNDED_ONCE = 0x1p-8;

  /**
   * Float32 results against float64 ones in format klif-golden-2, as a share of a tensor's largest
   * value: its own float32 reference stays 10 times below it.
   */
  static final double MEASURED_TOLERANCE = 5e-5;

  /** For tensors that are 0 but for rounding, as the gradient of a bias ahead of a batch norm. */
  private static final double LEAST_MEASURE = 0.01;

  private double largest;
  private String of = "nothing";
  private boolean compared;
  private @Nullable String problem;

  /** Every value within the tolerance. */
  void close(String what, double[] actual, double[] expected) {
    within(TOLERANCE, what, actual, expected, i -> Math.max(1, Math.abs(expected[i])));
  }

  /**
   * Every value within the tolerance of format klif-golden-2: a tensor is measured by its own
   * largest value, so that a tenth of small gradients cannot go wrong unseen.
   */
  void measured(String what, double[] actual, double[] expected) {
    double size = Arrays.stream(expected).map(Math::abs).reduce(LEAST_MEASURE, Math::max);
    within(MEASURED_TOLERANCE, what, actual, expected, i -> size);
  }

  /** Every value of the float64 reference the stored one. */
  void proven(String what, double[] reference, double[] stored) {
    within(
        REFERENCE_TOLERANCE,
        "the float64 reference's " + what,
        reference,
        stored,
        i -> Math.max(1, Math.abs(stored[i])));
  }

  /** Every value within a share of the largest expected one. */
  void near(String what, double[] actual, double[] expected, double share) {
    // where all are 0, nothing but 0 is near
    double size = Arrays.stream(expected).map(Math::abs).reduce(Double.MIN_VALUE, Math::max);
    within(share, what, actual, expected, i -> size);
  }

  private void within(
      double tolerance, String what, double[] actual, double[] expected, IntToDoubleFunction unit) {
    requireSameSize(what, actual.length, expected.length);
    double worst = 0;
    int at = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(actual[i] - expected[i]) / unit.applyAsDouble(i);
      // NaN and infinity are as wrong as can be
      if (!(error <= worst)) {
        worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
        at = i;
      }
    }
    note(what, worst);
    if (!(worst <= tolerance)) {
      fail("%s[%d] is %s, expected %s".formatted(what, at, actual[at], expected[at]));
    }
  }

  /** Every value equal; zeros of either sign are one value, and so are all that are no number. */
  void equal(String what, double[] actual, double[] expected) {
    requireSameSize(what, actual.length, expected.length);
    int[] different =
        IntStream.range(0, expected.length)
            .filter(i -> actual[i] != expected[i] && Double.compare(actual[i], expected[i]) != 0)
            .toArray();
    note(what, different.length == 0 ? 0 : 1);
    if (different.length > 0) {
      int i = different[0];
      fail(
          "%d of %d in %s differ, first [%d]: %s, expected %s"
              .formatted(different.length, actual.length, what, i, actual[i], expected[i]));
    }
  }

  /** Float32 numbers in float64. */
  static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
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
