package org.klif.verify;

import java.util.Arrays;
import org.klif.device.Loss;

/**
 * The losses of docs/MATH.md in float64.
 *
 * @param loss of the batch
 * @param rate mean over the steps, (batch, classes)
 * @param gradient of the output, (steps, batch, classes)
 */
@SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
public record ReferenceLoss(double loss, double[] rate, double[] gradient) {

  /**
   * Labels of a batch.
   *
   * @param weights of the first label; the second has the rest
   */
  @SuppressWarnings("ArrayRecordComponent") // read by element
  public record Labels(int[] first, int[] second, double[] weights) {
    /** One for each sample. */
    public static Labels of(int[] labels) {
      double[] ones = new double[labels.length];
      Arrays.fill(ones, 1);
      return new Labels(labels, labels, ones);
    }
  }

  /**
   * Loss, rate and gradient.
   *
   * @param output (steps, batch, classes)
   */
  public static ReferenceLoss of(
      Loss.Objective objective, double[] output, int steps, Labels labels) {
    int size = output.length / steps;
    int classes = size / labels.first().length;
    double[] rate = new double[size];
    for (int i = 0; i < output.length; i++) {
      rate[i % size] += output[i] / steps;
    }
    double[] gradient = new double[output.length];
    if (objective.kind() != Loss.Kind.TET) {
      double[] ofRate = new double[size];
      double loss =
          objective.kind() == Loss.Kind.MSE
              ? squared(objective, rate, classes, labels, ofRate)
              : entropy(objective, rate, classes, labels, ofRate);
      Arrays.setAll(gradient, i -> ofRate[i % size] / steps);
      return new ReferenceLoss(loss, rate, gradient);
    }
    double lambda = objective.lambda();
    double loss = 0;
    for (int t = 0; t < steps; t++) {
      double[] one = Arrays.copyOfRange(output, t * size, (t + 1) * size);
      double[] g = new double[size];
      loss += (1 - lambda) / steps * entropy(objective, one, classes, labels, g);
      for (int i = 0; i < size; i++) {
        double off = one[i] - objective.mean();
        loss += lambda * off * off / output.length;
        gradient[t * size + i] = (1 - lambda) / steps * g[i] + lambda * 2 * off / output.length;
      }
    }
    return new ReferenceLoss(loss, rate, gradient);
  }

  /** What a class should be by one of a sample's labels. */
  private static double target(Loss.Objective objective, int label, int c, int classes) {
    return (1 - objective.smoothing()) * (c == label ? 1 : 0) + objective.smoothing() / classes;
  }

  private static double squared(
      Loss.Objective objective, double[] rate, int classes, Labels labels, double[] g) {
    double loss = 0;
    for (int i = 0; i < rate.length; i++) {
      int n = i / classes;
      double w = labels.weights[n];
      double first = rate[i] - target(objective, labels.first[n], i % classes, classes);
      double second = rate[i] - target(objective, labels.second[n], i % classes, classes);
      loss += (w * first * first + (1 - w) * second * second) / rate.length;
      g[i] = 2 * (w * first + (1 - w) * second) / rate.length;
    }
    return loss;
  }

  private static double entropy(
      Loss.Objective objective, double[] logits, int classes, Labels labels, double[] g) {
    int batch = logits.length / classes;
    double loss = 0;
    for (int n = 0; n < batch; n++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[n * classes + c]);
      }
      double w = labels.weights[n];
      for (int c = 0; c < classes; c++) {
        double q =
            w * target(objective, labels.first[n], c, classes)
                + (1 - w) * target(objective, labels.second[n], c, classes);
        double logP = logits[n * classes + c] - Math.log(sum);
        loss -= q * logP / batch;
        g[n * classes + c] = (Math.exp(logP) - q) / batch;
      }
    }
    return loss;
  }
}
