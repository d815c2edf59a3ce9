package org.klif.verify;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * Neurons of {@link ReferenceNetwork} with the batch norm in front, or either alone. A current is
 * not stored on its way from the norm to the neurons, and its gradient is rounded only behind the
 * norm's sums.
 */
final class ReferenceUnit implements ReferenceLayer {

  /** Batch norm: its parameters and running statistics. */
  static final class Norm {
    final Parameter weight;
    final Parameter bias;
    final double[] mean;
    final double[] variance;
    private final double eps;
    private final double momentum;
    private double[] invStd = {};
    private double[] xhat = {};

    Norm(Parameter weight, Parameter bias, int channels, double eps, double momentum) {
      this.weight = weight;
      this.bias = bias;
      this.eps = eps;
      this.momentum = momentum;
      mean = new double[channels];
      variance = new double[channels];
      Arrays.fill(variance, 1);
    }

    private void forward(double[] y, int times) {
      int channels = mean.length;
      int rows = y.length / channels;
      double n = (double) rows * times;
      double[] means = new double[channels];
      double[] variances = new double[channels];
      for (int i = 0; i < y.length; i++) {
        means[i % channels] += y[i] / rows;
      }
      for (int i = 0; i < y.length; i++) {
        variances[i % channels] += Math.pow(y[i] - means[i % channels], 2) / rows;
      }
      invStd = new double[channels];
      xhat = new double[y.length];
      Arrays.setAll(invStd, o -> 1 / Math.sqrt(variances[o] + eps));
      Arrays.setAll(xhat, i -> (y[i] - means[i % channels]) * invStd[i % channels]);
      double kept = 1 - momentum;
      Arrays.setAll(mean, o -> kept * mean[o] + momentum * means[o]);
      Arrays.setAll(variance, o -> kept * variance[o] + momentum * variances[o] * n / (n - 1));
    }

    private double current(int i) {
      int channel = i % mean.length;
      return weight.values[channel] * xhat[i % xhat.length] + bias.values[channel];
    }

    /** From the gradient of each step's current. */
    private double[] backward(double[] gu, DType type) {
      int channels = mean.length;
      double[] sums = new double[channels];
      double[] products = new double[channels];
      for (int i = 0; i < gu.length; i++) {
        sums[i % channels] += gu[i];
        products[i % channels] += gu[i] * xhat[i % xhat.length];
      }
      weight.gradient = products;
      bias.gradient = sums;
      double[] gz = ReferenceLayer.stored(ReferenceLayer.sumOverTime(gu, xhat.length), type);
      double[] gx = new double[gz.length];
      int rows = gz.length / channels;
      for (int i = 0; i < gx.length; i++) {
        int o = i % channels;
        double centred = gz[i] - (sums[o] + xhat[i] * products[o]) / rows;
        gx[i] = weight.values[o] * invStd[o] * centred;
      }
      return ReferenceLayer.stored(gx, type);
    }
  }

  private final ActivationShape in;
  private final @Nullable Norm norm;
  private final @Nullable Neuron neuron;
  private final @Nullable Parameter learned;
  private final DType type;
  private @Nullable ReferenceNeuron neurons;

  /**
   * A unit.
   *
   * @param in shape of x
   * @param neuron null for a norm alone
   * @param learned k or w, if the neuron has one
   */
  ReferenceUnit(
      ActivationShape in,
      @Nullable Norm norm,
      @Nullable Neuron neuron,
      @Nullable Parameter learned,
      DType type) {
    this.in = in;
    this.norm = norm;
    this.neuron = neuron;
    this.learned = learned;
    this.type = type;
  }

  /** Spikes of the last forward pass; 0 of a norm alone. */
  double spikes() {
    return neurons == null ? 0 : Arrays.stream(neurons.s).sum();
  }

  @Override
  public double[] forward(double[] x) {
    if (norm != null) {
      norm.forward(x, in.steps() / in.storedSteps());
    }
    if (neuron == null) {
      double[] y = new double[x.length];
      Arrays.setAll(y, i -> norm == null ? x[i] : norm.current(i));
      return ReferenceLayer.stored(y, type);
    }
    int perStep = in.batch() * in.features();
    double[] parameter = learned == null ? new double[0] : learned.values;
    neurons = new ReferenceNeuron(neuron, false, in.steps(), perStep, in.channels(), parameter);
    for (int i = 0; i < neurons.x.length; i++) {
      neurons.x[i] = norm == null ? x[i % x.length] : norm.current(i);
    }
    neurons.forward();
    return neurons.s;
  }

  @Override
  public double[] backward(double[] gy) {
    double[] gu = gy;
    if (neurons != null) {
      ReferenceNeuron.Gradients g = neurons.backward(gy, new double[neurons.initial.length]);
      gu = g.x();
      if (learned != null) {
        learned.gradient = g.parameter();
      }
    }
    if (norm != null) {
      return norm.backward(gu, type);
    }
    int stored = Math.toIntExact(in.elements());
    return ReferenceLayer.stored(ReferenceLayer.sumOverTime(gu, stored), type);
  }
}
