package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import org.jspecify.annotations.Nullable;

/** Comparisons of float32 results of a device with float64 ones. */
public final class Closeness {
  /**
   * abs(a - b) may be this times max(1, abs(b)). The golden vectors set it; a float32 step rounds
   * by 6e-8, and chains of some ten steps, or sums of some hundred terms of either sign, stay below
   * 5e-6.
   */
  public static final double TOLERANCE = 1e-5;

  private Closeness() {}

  /** All elements within {@link #TOLERANCE}. */
  public static void assertClose(String what, double[] expected, float[] actual) {
    assertClose(what, expected, actual, null);
  }

  /**
   * All elements within {@link #TOLERANCE}, times size[i] where that is above 1: a sum is known no
   * better than to the size of its terms, which is their Euclidean norm where roundings have either
   * sign.
   */
  public static void assertClose(
      String what, double[] expected, float[] actual, double @Nullable [] size) {
    assertEquals(expected.length, actual.length, () -> what + ": number of elements");
    for (int i = 0; i < expected.length; i++) {
      double scale = Math.max(1, Math.max(Math.abs(expected[i]), size == null ? 0 : size[i]));
      // a NaN compares false, and so fails
      if (!(Math.abs(actual[i] - expected[i]) <= TOLERANCE * scale)) {
        fail("%s[%d]: %s, expected %s".formatted(what, i, actual[i], expected[i]));
      }
    }
  }

  /** All elements equal. */
  public static void assertSame(String what, double[] expected, float[] actual) {
    assertEquals(expected.length, actual.length, () -> what + ": number of elements");
    for (int i = 0; i < expected.length; i++) {
      if (actual[i] != expected[i]) {
        fail("%s[%d]: %s, expected %s".formatted(what, i, actual[i], expected[i]));
      }
    }
  }

  /** The same values as float64. */
  public static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
