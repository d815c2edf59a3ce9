package org.klif.device.cpu;

import org.klif.neuron.Surrogate;

/**
 * The surrogates in float32, one element; the vectorised loops take the same steps (docs/MATH.md).
 */
final class SurrogateMath {
  private SurrogateMath() {}

  /** g'(u). */
  static float derivative(Surrogate.Kind kind, float alpha, float u) {
    switch (kind) {
      case ATAN -> {
        float z = (float) (Math.PI / 2) * alpha * u;
        return 0.5f * alpha / Math.fma(z, z, 1f);
      }
      case SIGMOID -> {
        // written so that exp never overflows
        float e = exp(-Math.abs(alpha * u));
        float d = 1f + e;
        return alpha * e / (d * d);
      }
      case TRIANGLE -> {
        return Math.max(Math.fma(-alpha * alpha, Math.abs(u), alpha), 0f);
      }
      case RECTANGLE -> {
        return Math.abs(u) < 0.5f / alpha ? alpha : 0f;
      }
      case GAUSSIAN -> {
        float z = alpha * u;
        return alpha * (float) (1 / Math.sqrt(Math.PI)) * exp(-(z * z));
      }
      case SOFTSIGN -> {
        float d = 1f + Math.abs(alpha * u);
        return 0.5f * alpha / (d * d);
      }
    }
    throw new IllegalStateException(kind.toString());
  }

  /** g(u), the smooth step, for gradient checks; computed in double precision. */
  static float primitive(Surrogate surrogate, float u) {
    double a = surrogate.alpha();
    double z = a * u;
    return (float)
        switch (surrogate.kind()) {
          case ATAN -> Math.atan(Math.PI / 2 * z) / Math.PI + 0.5;
          case SIGMOID -> 1 / (1 + Math.exp(-z));
          case TRIANGLE -> {
            double inside = Math.abs(z) <= 1 ? z - 0.5 * z * Math.abs(z) + 0.5 : z > 0 ? 1 : 0;
            yield inside;
          }
          case RECTANGLE -> Math.min(Math.max(z + 0.5, 0), 1);
          case GAUSSIAN -> 0.5 * erfc(-z);
          case SOFTSIGN -> 0.5 * (z / (1 + Math.abs(z)) + 1);
        };
  }

  /**
   * exp(x) for x up to 0, float32: 2^n times a polynomial of degree 6 on |r| up to ln 2 / 2;
   * relative error below 3e-7. Arguments under -87 count as -87.
   */
  static float exp(float x) {
    float clamped = Math.max(x, -87f);
    // adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits
    float shifted = Math.fma(clamped, (float) 1.4426950408889634, 12582912f);
    float n = shifted - 12582912f;
    float r = Math.fma(n, (float) -0.693359375, clamped);
    r = Math.fma(n, (float) 2.121944400546905e-4, r);
    float p = Math.fma(r, 1f / 720, 1f / 120);
    p = Math.fma(p, r, 1f / 24);
    p = Math.fma(p, r, 1f / 6);
    p = Math.fma(p, r, 0.5f);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    int power = (Float.floatToRawIntBits(shifted) << 23) + 0x3f800000;
    return p * Float.intBitsToFloat(power);
  }

  /**
   * Complementary error function, by its series for small and its continued fraction for large
   * arguments.
   */
  private static double erfc(double x) {
    double z = Math.abs(x);
    double tail;
    if (z < 2.5) {
      double term = z;
      double sum = z;
      for (int n = 1; n < 80; n++) {
        term *= -z * z / n;
        sum += term / (2 * n + 1);
      }
      tail = 1 - 2 / Math.sqrt(Math.PI) * sum;
    } else {
      double fraction = z;
      for (int n = 60; n >= 1; n--) {
        fraction = z + n / 2.0 / fraction;
      }
      tail = Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
    }
    return x >= 0 ? tail : 2 - tail;
  }
}
