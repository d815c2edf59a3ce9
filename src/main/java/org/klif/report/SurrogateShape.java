package org.klif.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The derivative g'(u) that stands for that of the step function, u = F - V_th, for drawing. The
 * formulas are those of the table in docs/MATH.md.
 */
enum SurrogateShape {
  ATAN(2, "(α/2) / (1 + (π/2 α u)²)") {
    @Override
    double derivative(double u, double alpha) {
      double z = Math.PI / 2 * alpha * u;
      return alpha / 2 / (1 + z * z);
    }
  },
  SIGMOID(4, "α s (1 − s), s = 1/(1 + exp(−α u))") {
    @Override
    double derivative(double u, double alpha) {
      double s = 1 / (1 + Math.exp(-alpha * u));
      return alpha * s * (1 - s);
    }
  },
  TRIANGLE(1, "max(0, α − α² |u|)") {
    @Override
    double derivative(double u, double alpha) {
      return Math.max(0, alpha - alpha * alpha * Math.abs(u));
    }
  },
  RECTANGLE(1, "α where |u| < 0.5/α, else 0") {
    @Override
    double derivative(double u, double alpha) {
      return Math.abs(u) < 0.5 / alpha ? alpha : 0;
    }
  },
  GAUSSIAN(2, "α/√π exp(−(α u)²)") {
    @Override
    double derivative(double u, double alpha) {
      return alpha / Math.sqrt(Math.PI) * Math.exp(-alpha * u * alpha * u);
    }
  },
  SOFTSIGN(2, "α / (2 (1 + |α u|)²)") {
    @Override
    double derivative(double u, double alpha) {
      double z = 1 + Math.abs(alpha * u);
      return alpha / (2 * z * z);
    }
  };

  private final double defaultAlpha;
  private final String formula;

  SurrogateShape(double defaultAlpha, String formula) {
    this.defaultAlpha = defaultAlpha;
    this.formula = formula;
  }

  /** g'(u). */
  abstract double derivative(double u, double alpha);

  /** Alpha where the configuration names none. */
  double defaultAlpha() {
    return defaultAlpha;
  }

  /** g'(u) in text. */
  String formula() {
    return formula;
  }

  /** The shape with this name in a configuration. */
  static Optional<SurrogateShape> named(String name) {
    return Arrays.stream(values())
        .filter(shape -> shape.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }
}
