package org.klif.testing;

import org.klif.device.Loss;

/** Losses by their formulas in float64 (docs/MATH.md). */
final class ReferenceLoss {

  /**
   * The loss and its gradient.
   *
   * @param output (T, N, classes)
   * @param labels N, or mixed ones as {@link Loss#mixed} has them
   * @param gradient written, as large
   */
  static double of(
      Loss.Objective objective, int steps, float[] output, int[] labels, double[] gradient) {
    if (objective.mixed()) {
      return ofMixed(objective, steps, output, labels, gradient);
    }
    int batch = labels.length;
    int perStep = output.length / steps;
    int classes = perStep / batch;
    if (objective.kind() == Loss.Kind.TET) {
      double lambda = objective.lambda();
      double loss = 0;
      for (int t = 0; t < steps; t++) {
        double[] step = new double[perStep];
        for (int i = 0; i < perStep; i++) {
          step[i] = output[t * perStep + i];
        }
        double[] g = new double[perStep];
        loss += (1 - lambda) * entropy(objective, step, labels, classes, g) / steps;
        for (int i = 0; i < perStep; i++) {
          double d = step[i] - objective.mean();
          loss += lambda * d * d / output.length;
          gradient[t * perStep + i] = (1 - lambda) * g[i] / steps + lambda * 2 * d / output.length;
        }
      }
      return loss;
    }
    double[] rate = new double[perStep];
    for (int i = 0; i < output.length; i++) {
      rate[i % perStep] += output[i] / (double) steps;
    }
    double[] g = new double[perStep];
    double loss =
        objective.kind() == Loss.Kind.MSE
            ? squares(objective, rate, labels, classes, g)
            : entropy(objective, rate, labels, classes, g);
    for (int i = 0; i < output.length; i++) {
      gradient[i] = g[i % perStep] / steps;
    }
    return loss;
  }

  /** The mean over the samples, each the mean of its two labels' losses; one sample at a time. */
  private static double ofMixed(
      Loss.Objective objective, int steps, float[] output, int[] labels, double[] gradient) {
    Loss.Objective one = objective.withMixed(false);
    int batch = labels.length / 3;
    int classes = output.length / steps / batch;
    double loss = 0;
    for (int n = 0; n < batch; n++) {
      float[] own = new float[steps * classes];
      for (int t = 0; t < steps; t++) {
        System.arraycopy(output, (t * batch + n) * classes, own, t * classes, classes);
      }
      double w = Float.intBitsToFloat(labels[2 * batch + n]);
      double[] first = new double[own.length];
      double[] second = new double[own.length];
      loss += w * of(one, steps, own, new int[] {labels[n]}, first) / batch;
      loss += (1 - w) * of(one, steps, own, new int[] {labels[batch + n]}, second) / batch;
      for (int i = 0; i < own.length; i++) {
        int at = (i / classes * batch + n) * classes + i % classes;
        gradient[at] = (w * first[i] + (1 - w) * second[i]) / batch;
      }
    }
    return loss;
  }

  private static double target(Loss.Objective objective, int[] labels, int classes, int at) {
    double hot = at % classes == labels[at / classes] ? 1 : 0;
    return (1 - objective.smoothing()) * hot + objective.smoothing() / classes;
  }

  private static double squares(
      Loss.Objective objective, double[] x, int[] labels, int classes, double[] g) {
    double loss = 0;
    for (int at = 0; at < x.length; at++) {
      double d = x[at] - target(objective, labels, classes, at);
      loss += d * d / x.length;
      g[at] = 2 * d / x.length;
    }
    return loss;
  }

  private static double entropy(
      Loss.Objective objective, double[] x, int[] labels, int classes, double[] g) {
    double loss = 0;
    for (int at = 0; at < x.length; at++) {
      int first = at / classes * classes;
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        sum += Math.exp(x[first + k]);
      }
      double share = Math.exp(x[at]) / sum;
      double target = target(objective, labels, classes, at);
      loss -= target * Math.log(share) / labels.length;
      g[at] = (share - target) / labels.length;
    }
    return loss;
  }

  private ReferenceLoss() {}
}
