package org.klif.verify;

import java.util.function.DoubleFunction;

/**
 * Central finite differences with four points, error of order step^4. Two estimates come with it,
 * from the inner and from the outer pair of points: on a smooth function they agree up to step^2;
 * where a kink (ReLU, the edge of the rectangle, a tie in a maximum) lies between the points they
 * do not, and the derivative means nothing.
 *
 * @param value the derivative
 * @param disagreement of the two estimates
 */
record Stencil(double value, double disagreement) {

  /** The derivative at 0 of a function of one number. */
  static Stencil of(double step, DoubleFunction<Double> function) {
    return of(
        step,
        function.apply(-2 * step),
        function.apply(-step),
        function.apply(step),
        function.apply(2 * step));
  }

  /** The derivative from the function's values at -2, -1, 1 and 2 steps. */
  static Stencil of(double step, double minus2, double minus1, double plus1, double plus2) {
    double inner = (plus1 - minus1) / (2 * step);
    double outer = (plus2 - minus2) / (4 * step);
    return new Stencil((4 * inner - outer) / 3, Math.abs(inner - outer));
  }
}
