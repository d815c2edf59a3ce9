package org.klif.report;

import org.klif.neuron.Surrogate;

/**
 * The derivative g'(u) that stands for that of the step function, u = F - V_th, for drawing: in
 * double precision, where devices compute in float32.
 */
final class SurrogateShape {
  /** g'(u). */
  static double derivative(Surrogate surrogate, double u) {
    double alpha = surrogate.alpha();
    return switch (surrogate.kind()) {
      case ATAN -> {
        double z = Math.PI / 2 * alpha * u;
        yield alpha / 2 / (1 + z * z);
      }
      case SIGMOID -> {
        double s = 1 / (1 + Math.exp(-alpha * u));
        yield alpha * s * (1 - s);
      }
      case TRIANGLE -> Math.max(0, alpha - alpha * alpha * Math.abs(u));
      case RECTANGLE -> Math.abs(u) < 0.5 / alpha ? alpha : 0;
      case GAUSSIAN -> alpha / Math.sqrt(Math.PI) * Math.exp(-alpha * u * alpha * u);
      case SOFTSIGN -> {
        double z = 1 + Math.abs(alpha * u);
        yield alpha / (2 * z * z);
      }
    };
  }

  private SurrogateShape() {}
}
