package org.klif.verify;

import java.util.Arrays;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;

/**
 * The neurons of docs/MATH.md in float64, one element after another: what a device is compared
 * with. Sequences are (T, M); element m belongs to channel m mod C.
 */
public final class ReferenceNeuron {
  /**
   * Gradients of sum(gS * S) + sum(gLast * V[T]).
   *
   * @param x (T, M)
   * @param initial (M)
   * @param parameter of k or w, or empty
   * @param parameterNorm Euclidean norm of the terms of each parameter's sum
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
  public record Gradients(
      double[] x, double[] initial, double[] parameter, double[] parameterNorm) {}

  private final Neuron neuron;
  private final Surrogate surrogate;
  private final boolean smooth;
  private final int steps;
  private final int size;
  private final int channels;
  private final double[] parameter;

  /** Input current (T, M); set before {@link #forward}. */
  public final double[] x;

  /** Potential before the first step (M); the resting potential unless set. */
  public final double[] initial;

  /** Spikes (T, M). */
  public final double[] s;

  /** Scaled and, in a KLIF with its ReLU, rectified potential F (T, M). */
  public final double[] f;

  /** Charged potential H (T, M). */
  public final double[] h;

  /** Potential after the reset (T, M). */
  public final double[] v;

  /**
   * Neurons at rest.
   *
   * @param smooth the spike is the surrogate's primitive instead of a step
   * @param parameter KLIF: k, 1 or C numbers; PLIF: w; else ignored
   */
  public ReferenceNeuron(
      Neuron neuron, boolean smooth, int steps, int size, int channels, double... parameter) {
    this.neuron = neuron;
    this.surrogate = neuron.common().surrogate();
    this.smooth = smooth;
    this.steps = steps;
    this.size = size;
    this.channels = channels;
    this.parameter = parameter.clone();
    this.x = new double[steps * size];
    this.initial = new double[size];
    Arrays.fill(initial, rest());
    this.s = new double[steps * size];
    this.f = new double[steps * size];
    this.h = new double[steps * size];
    this.v = new double[steps * size];
  }

  private double rest() {
    return neuron.common().reset() instanceof Reset.Hard hard ? hard.value() : 0;
  }

  private boolean klif() {
    return neuron instanceof Neuron.Klif;
  }

  /** F has a corner at 0. */
  private boolean rectified() {
    return neuron instanceof Neuron.Klif klif && klif.relu();
  }

  private int parameterOf(int m) {
    return parameter.length == 1 ? 0 : m % channels;
  }

  private double k(int m) {
    return klif() ? parameter[parameterOf(m)] : 1;
  }

  private double divisor(int m) {
    return neuron instanceof Neuron.Klif klif && klif.scaleReset() ? k(m) : 1;
  }

  /** 1/tau. */
  private double rate() {
    if (neuron instanceof Neuron.Klif klif) {
      return 1 / klif.tau();
    } else if (neuron instanceof Neuron.Lif lif) {
      return 1 / lif.tau();
    } else if (neuron instanceof Neuron.Plif) {
      return 1 / (1 + Math.exp(-parameter[0]));
    }
    return 0;
  }

  private double charge(double potential, double current) {
    if (neuron instanceof Neuron.If) {
      return potential + current;
    }
    return neuron.decayInput()
        ? potential + (current - (potential - rest())) * rate()
        : potential - (potential - rest()) * rate() + current;
  }

  /**
   * All steps of element m.
   *
   * @return the smallest distance of any step to a point where a spike or a gradient jumps
   */
  public double forward(int m) {
    double threshold = neuron.common().threshold();
    double margin = Double.POSITIVE_INFINITY;
    double potential = initial[m];
    for (int t = 0; t < steps; t++) {
      int at = t * size + m;
      h[at] = charge(potential, x[at]);
      double scaled = k(m) * h[at];
      f[at] = rectified() ? Math.max(scaled, 0) : scaled;
      double u = f[at] - threshold;
      s[at] = smooth ? primitive(surrogate, u) : u >= 0 ? 1 : 0;
      if (neuron.common().reset() instanceof Reset.Hard hard) {
        v[at] = (1 - s[at]) * f[at] / divisor(m) + s[at] * hard.value();
      } else {
        v[at] = (f[at] - s[at] * threshold) / divisor(m);
      }
      potential = v[at];
      margin = Math.min(margin, Math.abs(u));
      if (rectified()) {
        margin = Math.min(margin, Math.abs(scaled));
      }
      if (surrogate.kind() == Surrogate.Kind.RECTANGLE) {
        margin = Math.min(margin, Math.abs(Math.abs(u) - 0.5 / surrogate.alpha()));
      }
    }
    return margin;
  }

  /** All steps of all elements. */
  public void forward() {
    for (int m = 0; m < size; m++) {
      forward(m);
    }
  }

  /** The potential after the last step (M). */
  public double[] last() {
    return Arrays.copyOfRange(v, (steps - 1) * size, steps * size);
  }

  /** Backward through time, after forward: gS is (T, M), gLast (M). */
  public Gradients backward(double[] gS, double[] gLast) {
    Gradients to =
        new Gradients(
            new double[steps * size],
            new double[size],
            new double[neuron.hasParameter() ? parameter.length : 0],
            new double[neuron.hasParameter() ? parameter.length : 0]);
    for (int m = 0; m < size; m++) {
      backward(m, gS, gLast[m], to);
    }
    for (int i = 0; i < to.parameterNorm.length; i++) {
      to.parameterNorm[i] = Math.sqrt(to.parameterNorm[i]);
    }
    return to;
  }

  private void backward(int m, double[] gS, double gLast, Gradients to) {
    Neuron.Common common = neuron.common();
    double r = rate();
    double c = divisor(m);
    boolean scaleReset = neuron instanceof Neuron.Klif klif && klif.scaleReset();
    double g = gLast;
    for (int t = steps - 1; t >= 0; t--) {
      int at = t * size + m;
      double u = f[at] - common.threshold();
      double keptPart;
      double throughSpike;
      double throughDivisor;
      if (common.reset() instanceof Reset.Hard hard) {
        keptPart = (1 - s[at]) / c;
        throughSpike = hard.value() - f[at] / c;
        throughDivisor = -(1 - s[at]) * f[at] / (c * c);
      } else {
        keptPart = 1 / c;
        throughSpike = -common.threshold() / c;
        throughDivisor = -(f[at] - s[at] * common.threshold()) / (c * c);
      }
      double ofSpike = gS[at] + (common.detachReset() ? 0 : g * throughSpike);
      double gF = ofSpike * derivative(surrogate, u) + g * keptPart;
      if (rectified() && f[at] <= 0) {
        gF = 0;
      }
      double gH = k(m) * gF;
      if (klif()) {
        note(to, parameterOf(m), gF * h[at] + (scaleReset ? g * throughDivisor : 0));
      }
      if (neuron instanceof Neuron.Plif) {
        double before = (t == 0 ? initial[m] : v[at - size]) - rest();
        note(to, 0, gH * ((neuron.decayInput() ? x[at] : 0) - before) * r * (1 - r));
      }
      to.x[at] = neuron.decayInput() ? gH * r : gH;
      g = gH * (1 - r);
    }
    to.initial[m] = g;
  }

  private static void note(Gradients to, int index, double term) {
    to.parameter[index] += term;
    to.parameterNorm[index] += term * term;
  }

  /** g'(u). */
  public static double derivative(Surrogate surrogate, double u) {
    double a = surrogate.alpha();
    return switch (surrogate.kind()) {
      case ATAN -> a / 2 / (1 + Math.pow(Math.PI / 2 * a * u, 2));
      case SIGMOID -> {
        double e = Math.exp(-Math.abs(a * u));
        yield a * e / ((1 + e) * (1 + e));
      }
      case TRIANGLE -> Math.max(0, a - a * a * Math.abs(u));
      case RECTANGLE -> Math.abs(u) < 0.5 / a ? a : 0;
      case GAUSSIAN -> a / Math.sqrt(Math.PI) * Math.exp(-(a * u) * (a * u));
      case SOFTSIGN -> a / (2 * Math.pow(1 + Math.abs(a * u), 2));
    };
  }

  /** g(u) with g(-infinity) = 0 and g(infinity) = 1. */
  public static double primitive(Surrogate surrogate, double u) {
    double z = surrogate.alpha() * u;
    return switch (surrogate.kind()) {
      case ATAN -> Math.atan(Math.PI / 2 * z) / Math.PI + 0.5;
      case SIGMOID -> 1 / (1 + Math.exp(-z));
      case TRIANGLE -> {
        double inside = Math.min(Math.max(z, -1), 1);
        yield 0.5 + inside - inside * Math.abs(inside) / 2;
      }
      case RECTANGLE -> Math.min(Math.max(z + 0.5, 0), 1);
      case GAUSSIAN -> 0.5 + Math.signum(z) * gaussianIntegral(Math.min(Math.abs(z), 6));
      case SOFTSIGN -> 0.5 + z / (1 + Math.abs(z)) / 2;
    };
  }

  /** Integral of exp(-y y) / sqrt(pi) from 0 to z by Simpson's rule; its error is below 1e-11. */
  private static double gaussianIntegral(double z) {
    int pieces = 400;
    double width = z / pieces;
    double sum = 1 + Math.exp(-z * z);
    for (int i = 1; i < pieces; i++) {
      double y = i * width;
      sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-y * y);
    }
    return sum * width / 3 / Math.sqrt(Math.PI);
  }
}
