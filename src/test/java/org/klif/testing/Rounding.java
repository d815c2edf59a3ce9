package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;

/**
 * Activations of 16 bits in tests.
 *
 * @param type BFLOAT16 or FLOAT16
 */
record Rounding(DType type) {
  /** Below FLOAT16's smallest normal number, 2^-14, its numbers are 2^-24 apart. */
  private static final double SUBNORMAL = 0x1p-25;

  /** Largest relative error of one rounding: half a unit of the last of 8 or 11 binary digits. */
  double unit() {
    return type == DType.BFLOAT16 ? 0x1p-8 : 0x1p-11;
  }

  /** The nearest numbers that the type has. */
  float[] round(float... values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = type.toFloat(type.toBits(values[i]));
    }
    return rounded;
  }

  /** Random numbers that the type has, from -1 to 1. */
  float[] draw(long seed, int size) {
    return round(new Uniform(seed).floats(size));
  }

  /** New memory of the type, all zero. */
  Buffer zeros(BufferScope scope, long size) {
    return scope.own(scope.device().allocate(type, size));
  }

  /** New memory of the type with these values. */
  Buffer of(BufferScope scope, float... values) {
    Buffer buffer = zeros(scope, values.length);
    buffer.upload(values);
    return buffer;
  }

  /** Computed in float32 or better, then rounded once to be stored. */
  void assertStored(String what, double[] expected, float[] actual) {
    assertStored(what, expected, actual, expected);
  }

  /**
   * Rounded more than once: by the unit times terms[i], the sum of the sizes of what was rounded,
   * and by {@link Closeness#TOLERANCE} before that.
   */
  void assertStored(String what, double[] expected, float[] actual, double[] terms) {
    assertEquals(expected.length, actual.length, () -> what + ": number of elements");
    for (int i = 0; i < expected.length; i++) {
      double tolerance =
          unit() * Math.abs(terms[i])
              + SUBNORMAL
              + Closeness.TOLERANCE * Math.max(1, Math.abs(expected[i]));
      // a NaN compares false, and so fails
      if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
        fail("%s of %s[%d]: %s, expected %s".formatted(type, what, i, actual[i], expected[i]));
      }
    }
  }
}
