package org.klif.verify;

import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Compares a gradient with finite differences along random directions: for d with independent
 * components of variance 1/3, (g d) has the size of norm(g) / sqrt(3), so errors are measured by
 * that.
 */
final class Direction {
  private static final int DIRECTIONS = 8;

  /** Two estimates further apart than this share of the gradient's norm: a kink. */
  private static final double KINK = 1e-3;

  /**
   * The error of a gradient as a share of its norm; NaN when kinks left fewer than half of the
   * directions.
   *
   * @param at where it was taken
   * @param step of the differences
   * @param gradient what the backward pass says
   * @param function the loss, in double precision
   */
  static double error(
      float[] at,
      double step,
      float[] gradient,
      ToDoubleFunction<float[]> function,
      Random random) {
    double norm = 0;
    for (float g : gradient) {
      norm += (double) g * g;
    }
    norm = Math.sqrt(norm / 3);
    double squares = 0;
    int counted = 0;
    float[] direction = new float[at.length];
    for (int n = 0; n < DIRECTIONS; n++) {
      double expected = 0;
      for (int i = 0; i < direction.length; i++) {
        direction[i] = 2 * random.nextFloat() - 1;
        expected += (double) gradient[i] * direction[i];
      }
      Stencil stencil =
          Stencil.of(step, shift -> function.applyAsDouble(moved(at, direction, shift)));
      if (stencil.disagreement() <= KINK * norm) {
        double difference = stencil.value() - expected;
        squares += difference * difference;
        counted++;
      }
    }
    return counted < DIRECTIONS / 2 ? Double.NaN : Math.sqrt(squares / counted) / norm;
  }

  /** What a gradient is off from a right one, as a share of the right one's norm. */
  static double difference(float[] gradient, float[] right) {
    double squares = 0;
    double norm = 0;
    for (int i = 0; i < right.length; i++) {
      squares += Math.pow((double) gradient[i] - right[i], 2);
      norm += Math.pow(right[i], 2);
    }
    return Math.sqrt(squares / norm);
  }

  private static float[] moved(float[] at, float[] direction, double shift) {
    float[] moved = new float[at.length];
    for (int i = 0; i < at.length; i++) {
      moved[i] = (float) (at[i] + shift * direction[i]);
    }
    return moved;
  }

  private Direction() {}
}
