package org.klif.testing;

import java.util.function.DoubleUnaryOperator;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.file.NeuronFile;

/**
 * A neuron file of the tests, and the same step in float64.
 *
 * @param model what the file declares
 * @param step the twin
 */
public record CustomExample(NeuronModel model, Step step) {
  /** One step. */
  @FunctionalInterface
  public interface Step {
    /**
     * Changes the states.
     *
     * @param s states
     * @param p values of the learned parameters, constraints applied
     * @param spike the smooth spike
     * @return the spike
     */
    double of(double[] s, double[] p, double x, DoubleUnaryOperator spike);
  }

  private static CustomExample of(String name, String text, Step step) {
    return new CustomExample(NeuronFile.parse(Allowed.source(name, name + ".cuh", text)), step);
  }

  static double sigmoid(double u) {
    return 1 / (1 + Math.exp(-u));
  }

  private static double softplus(double u) {
    return Math.log1p(Math.exp(u));
  }

  /** By name. */
  public static CustomExample named(String name) {
    return switch (name) {
      case "bare" -> bare();
      case "two" -> two();
      case "eight" -> eight();
      default -> throw new AssertionError(name);
    };
  }

  /** One state, nothing learned. */
  public static CustomExample bare() {
    return of(
        "bare",
        """
        template <class Real>
        struct Bare {
          State<Real> v = 0.25;
          __device__ Real step(Real x, Spike<Real> spike) {
            v = 0.75 * v + x;
            Real s = spike(v - 1);
            v -= s;
            return s;
          }
        };
        """,
        (s, p, x, spike) -> {
          double v = 0.75 * s[0] + x;
          double fired = spike.applyAsDouble(v - 1);
          s[0] = v - fired;
          return fired;
        });
  }

  /** Two states, learned numbers for a layer and for each channel, a constant. */
  public static CustomExample two() {
    return of(
        "two",
        """
        template <class Real>
        struct Two {
          Constant<Real> tau = {2.0, atLeast(1.0)};
          Learned<Real> beta = {0.5, softplus, perChannel};
          Learned<Real> rho = {0.75, sigmoid};
          State<Real> v = 0.25;
          State<Real> a = 0.5;

          __device__ Real step(Real x, Spike<Real> spike) {
            v += (x - v) / tau;
            Real s = spike(v - 1 - beta * a);
            a = rho * a + s;
            v = v * (1 - s);
            return s;
          }
        };
        """,
        (s, p, x, spike) -> {
          double v = s[0] + (x - s[0]) / 2;
          double fired = spike.applyAsDouble(v - 1 - p[0] * s[1]);
          s[1] = p[1] * s[1] + fired;
          s[0] = v * (1 - fired);
          return fired;
        });
  }

  /** As many states and learned parameters as there may be, of all kinds. */
  public static CustomExample eight() {
    return of(
        "eight",
        """
        template <class Real>
        struct Eight {
          Learned<Real> p0 = {0.5};
          Learned<Real> p1 = {0.5, sigmoid};
          Learned<Real> p2 = {0.5, softplus};
          Learned<Real> p3 = {0.3, perChannel};
          Learned<Real> p4 = {0.5, sigmoid, perChannel};
          Learned<Real> p5 = {0.4, softplus, perChannel};
          Learned<Real> p6 = {0.2};
          Learned<Real> p7 = {0.6, sigmoid};
          State<Real> s0 = 0.0;
          State<Real> s1 = 0.1;
          State<Real> s2 = 0.2;
          State<Real> s3 = 0.3;
          State<Real> s4 = 0.4;
          State<Real> s5 = 0.5;
          State<Real> s6 = 0.6;
          State<Real> s7 = 0.7;
          __device__ Real step(Real x, Spike<Real> spike) {
            s0 += (x - s0) * p1;
            s1 = p4 * s1 + s0 * p3;
            s2 = tanh(s1 + p0 * s2);
            s3 = s3 * p7 + exp(-s2 * s2);
            s4 = sqrt(1 + s3 * s3) * p6 + s4 / (2 + p5);
            s5 = sigmoid(s4 - s5);
            s6 = softplus(s5) * p2 + p6 * s6;
            Real s = spike(s0 + 0.5 * s6 - s7 - 1);
            s7 = p1 * s7 + s;
            s0 = s0 * (1 - s);
            return s;
          }
        };
        """,
        (s, p, x, spike) -> {
          s[0] += (x - s[0]) * p[1];
          s[1] = p[4] * s[1] + s[0] * p[3];
          s[2] = Math.tanh(s[1] + p[0] * s[2]);
          s[3] = s[3] * p[7] + Math.exp(-s[2] * s[2]);
          s[4] = Math.sqrt(1 + s[3] * s[3]) * p[6] + s[4] / (2 + p[5]);
          s[5] = sigmoid(s[4] - s[5]);
          s[6] = softplus(s[5]) * p[2] + p[6] * s[6];
          double fired = spike.applyAsDouble(s[0] + 0.5 * s[6] - s[7] - 1);
          s[7] = p[1] * s[7] + fired;
          s[0] *= 1 - fired;
          return fired;
        });
  }

  /**
   * State r stays what it is. At 0 nearly all that comes of it has an infinite derivative or one
   * that is not a number. Everything else has to do with the current x, the learned w and k and the
   * state v alone.
   *
   * @param detached r has no gradient at all; values are the same
   */
  public static CustomExample sharp(boolean detached) {
    String text =
        """
        template <class Real>
        struct Sharp {
          Learned<Real> w = {0.5, perChannel};
          Learned<Real> k = {0.75};
          State<Real> r = 0.25;
          State<Real> v = 0.0;

          __device__ Real step(Real x, Spike<Real> spike) {
            Real q = r;
            Real roots = sqrt(q) + pow(q, 0.5) + 1 / (1 + 1 / sqrt(q)) + sqrt(q) * k;
            Real quotients = 1 / (1 + 1 / q) + 1 / (1 + pow(q, -1)) + x / (2 + 1 / q);
            Real logarithms = 1 / log(q) + w / exp(q + 1000) + tanh(log(q) - x);
            Real branch = 0.5;
            if (x > 0.5) {
              branch += sqrt(q) - k * x;
            }
            Real sharp = roots + quotients - logarithms + branch * w;
            v = 0.5 * v + w * x + sharp;
            Real s = spike(v - k);
            v = where(v > 3, v + sqrt(q), v * (1 - s));
            return s;
          }
        };
        """;
    return of(
        "sharp",
        detached ? text.replace("Real q = r;", "Real q = detach(r);") : text,
        (s, p, x, spike) -> {
          throw new AssertionError("differences at 0 are those of another function");
        });
  }

  /** Value of a learned parameter. */
  double value(int parameter, double raw) {
    return switch (model.learned().get(parameter).constraint()) {
      case NONE -> raw;
      case SIGMOID -> sigmoid(raw);
      case SOFTPLUS -> softplus(raw);
    };
  }
}
