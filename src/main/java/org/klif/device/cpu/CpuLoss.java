package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferChecks;
import org.klif.device.DType;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;

/** Losses on the CPU: small, so plain loops in double precision. */
final class CpuLoss implements Loss {
  private final Spec spec;
  private final DType activations;
  private final double[] row;
  private final double rest;
  private final double own;

  // of the sample at hand
  private int first;
  private int second;
  private double weight;

  CpuLoss(Spec spec, DType activations) {
    this.activations = activations;
    this.spec = spec;
    this.row = new double[spec.classes()];
    this.rest = spec.objective().rest(spec.classes());
    this.own = spec.objective().label(spec.classes());
  }

  @Override
  public void forward(Buffer output, Buffer labels, Buffer rate, Buffer result) {
    spec.check(activations, output, labels, rate);
    BufferChecks.require("result of a loss", result, DType.FLOAT32, 2);
    Elements out = CpuBuffer.of(activations, output).elements();
    Bytes labelBytes = CpuBuffer.ofInts(labels).bytes();
    Bytes rateBytes = CpuBuffer.of(rate).bytes();
    int classes = spec.classes();
    int stride = spec.batch() * classes;
    double loss = 0;
    int correct = 0;
    for (int sample = 0; sample < spec.batch(); sample++) {
      readLabels(labelBytes, sample);
      int best = 0;
      for (int k = 0; k < classes; k++) {
        int at = sample * classes + k;
        double sum = 0;
        for (int t = 0; t < spec.steps(); t++) {
          sum += out.get(t * stride + at);
        }
        float mean = (float) (sum / spec.steps());
        rateBytes.putFloat(4 * at, mean);
        row[k] = mean;
        if (row[k] > row[best]) {
          best = k;
        }
      }
      correct += best == first ? 1 : 0;
      loss +=
          switch (spec.kind()) {
            // not that of the mixed target, which is smaller
            case MSE -> weight * squaredError(first) + (1 - weight) * squaredError(second);
            case CROSS_ENTROPY -> crossEntropy();
            case TET -> temporal(out, sample);
          };
    }
    double share = spec.kind() == Kind.MSE ? stride : spec.batch();
    Bytes target = CpuBuffer.of(result).bytes();
    target.putFloat(0, (float) (loss / share));
    target.putFloat(4, correct);
  }

  /** One label is two of them that are alike. */
  private void readLabels(Bytes labels, int sample) {
    first = label(labels, sample, sample);
    second = first;
    weight = 1;
    if (spec.objective().mixed()) {
      second = label(labels, spec.batch() + sample, sample);
      weight = labels.getFloat(4 * (2 * spec.batch() + sample));
    }
  }

  private double target(int k) {
    double share = (k == first ? weight : 0) + (k == second ? 1 - weight : 0);
    return (1 - share) * rest + share * own;
  }

  private int label(Bytes labels, int at, int sample) {
    int label = labels.getInt(4 * at);
    if (label < 0 || label >= spec.classes()) {
      throw spec.outside(label, sample);
    }
    return label;
  }

  private double squaredError(int label) {
    double sum = 0;
    for (int k = 0; k < row.length; k++) {
      double d = row[k] - (k == label ? own : rest);
      sum += d * d;
    }
    return sum;
  }

  private double crossEntropy() {
    double largest = largest();
    double all = 0;
    for (double value : row) {
      all += value;
    }
    double labelled = weight * row[first] + (1 - weight) * row[second];
    // the targets of all classes add up to 1
    return Math.log(sumOfExponentials(largest)) + largest - (own - rest) * labelled - rest * all;
  }

  private double temporal(Elements output, int sample) {
    double entropies = 0;
    double squares = 0;
    for (int t = 0; t < spec.steps(); t++) {
      readStep(output, t, sample);
      entropies += crossEntropy();
      for (double value : row) {
        double d = value - spec.objective().mean();
        squares += d * d;
      }
    }
    double lambda = spec.objective().lambda();
    return ((1 - lambda) * entropies + lambda * squares / row.length) / spec.steps();
  }

  private void readStep(Elements output, int t, int sample) {
    int at = (t * spec.batch() + sample) * row.length;
    for (int k = 0; k < row.length; k++) {
      row[k] = output.get(at + k);
    }
  }

  private double sumOfExponentials(double largest) {
    double sum = 0;
    for (double value : row) {
      sum += Math.exp(value - largest);
    }
    return sum;
  }

  private double largest() {
    double largest = row[0];
    for (double value : row) {
      largest = Math.max(largest, value);
    }
    return largest;
  }

  @Override
  public void backward(
      Buffer output, Buffer rate, Buffer labels, Buffer gOutput, @Nullable Buffer lossScale) {
    spec.check(activations, output, labels, rate);
    spec.check(activations, gOutput, labels, rate);
    OptimizerStep.requireLossScale(lossScale);
    double scale =
        lossScale == null ? 1 : CpuBuffer.of(lossScale).bytes().getFloat(4 * OptimizerStep.SCALE);
    Bytes rateBytes = CpuBuffer.of(rate).bytes();
    Bytes labelBytes = CpuBuffer.ofInts(labels).bytes();
    Elements g = CpuBuffer.of(activations, gOutput).elements();
    if (spec.kind() == Kind.TET) {
      temporalGradient(CpuBuffer.of(activations, output).elements(), labelBytes, g, scale);
      return;
    }
    int classes = spec.classes();
    int stride = spec.batch() * classes;
    for (int sample = 0; sample < spec.batch(); sample++) {
      readLabels(labelBytes, sample);
      for (int k = 0; k < classes; k++) {
        row[k] = rateBytes.getFloat(4 * (sample * classes + k));
      }
      double largest = largest();
      double sum = sumOfExponentials(largest);
      for (int k = 0; k < classes; k++) {
        double gradient =
            spec.kind() == Kind.MSE
                ? 2 * (row[k] - target(k)) / stride
                : entropyGradient(k, largest, sum);
        float perStep = (float) (scale * gradient / spec.steps());
        for (int t = 0; t < spec.steps(); t++) {
          g.set(t * stride + sample * classes + k, perStep);
        }
      }
    }
  }

  private double entropyGradient(int k, double largest, double sum) {
    return (Math.exp(row[k] - largest) / sum - target(k)) / spec.batch();
  }

  private void temporalGradient(Elements output, Bytes labels, Elements g, double scale) {
    double lambda = spec.objective().lambda();
    int stride = spec.batch() * row.length;
    for (int sample = 0; sample < spec.batch(); sample++) {
      readLabels(labels, sample);
      for (int t = 0; t < spec.steps(); t++) {
        readStep(output, t, sample);
        double largest = largest();
        double sum = sumOfExponentials(largest);
        for (int k = 0; k < row.length; k++) {
          double ofSquares = 2 * (row[k] - spec.objective().mean()) / stride;
          double gradient = (1 - lambda) * entropyGradient(k, largest, sum) + lambda * ofSquares;
          int at = t * stride + sample * row.length + k;
          g.set(at, (float) (scale * gradient / spec.steps()));
        }
      }
    }
  }
}
