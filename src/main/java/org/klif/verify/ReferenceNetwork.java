package org.klif.verify;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.optim.OptimizerOptions;
import org.klif.tensor.ActivationShape;

/**
 * The network of the golden vectors in float64, loop by loop: convolution 3x3, batch norm, KLIF,
 * 2x2 pooling, linear, KLIF, loss, and its optimizer. Activations have channels last, parameters
 * are canonical, and what is computed has the names that the files give it.
 *
 * <p>Rounding is that of docs/MATH.md, With activations of 16 bits: of weights that products read,
 * and once of each activation or gradient that one layer hands to the next. Without 16 bits nothing
 * is rounded.
 */
final class ReferenceNetwork {
  /**
   * What is computed from.
   *
   * @param neuron of both layers, apart from k
   * @param input shape of x; a constant one is stored once
   * @param type of activations
   * @param biasLater the linear layer's product is stored before the bias is added, as on a GPU
   */
  record Case(
      Neuron neuron,
      ActivationShape input,
      Pooling.Kind pooling,
      Loss.Kind loss,
      double eps,
      double momentum,
      OptimizerOptions optimizer,
      DType type,
      boolean biasLater) {}

  private static final int KERNEL = 3;

  private final Case c;
  private final double[] x;
  private final int[] labels;
  private final int height;
  private final int width;
  private final Map<String, double[]> running = new HashMap<>();
  private final Map<String, double[]> firstMoments = new HashMap<>();
  private final Map<String, double[]> secondMoments = new HashMap<>();
  private int updates;

  /** A network whose running statistics and moments are those before the first step. */
  ReferenceNetwork(Case c, double[] x, int[] labels) {
    this.c = c;
    this.x = stored(Arrays.copyOf(x, Math.toIntExact(c.input().elements())));
    this.labels = labels;
    height = c.input().height();
    width = c.input().width();
  }

  private double[] stored(double[] values) {
    return Arrays.stream(values).map(v -> GoldenTensor.stored(v, c.type())).toArray();
  }

  /**
   * A step of training: loss, rate, numbers of spikes, gradients, parameters after it, and running
   * statistics.
   *
   * @param gradients that the update takes; null for those of the pass
   */
  Map<String, double[]> step(Map<String, double[]> p, @Nullable Map<String, double[]> gradients) {
    Map<String, double[]> results = pass(p);
    results.putAll(update(p, gradients == null ? results : gradients));
    results.putAll(running);
    return results;
  }

  private Map<String, double[]> pass(Map<String, double[]> p) {
    int steps = c.input().steps();
    double[] gamma = p.get("bn.weight");
    double[] beta = p.get("bn.bias");
    int channels = gamma.length;
    int classes = p.get("fc.bias").length;
    double[] fcWeight = stored(p.get("fc.weight"));
    Map<String, double[]> results = new LinkedHashMap<>();

    double[] y = stored(convolution(stored(p.get("conv.weight")), channels));
    double[] invStd = new double[channels];
    double[] xhat = normalized(y, invStd);
    int perStep = c.input().batch() * height * width * channels;
    ReferenceNeuron first =
        new ReferenceNeuron(c.neuron(), false, steps, perStep, 1, p.get("klif1.k"));
    for (int i = 0; i < first.x.length; i++) {
      // a constant input: the same at each step
      first.x[i] = gamma[i % channels] * xhat[i % y.length] + beta[i % channels];
    }
    first.forward();
    int[] winners = new int[first.s.length / 4];
    double[] pooled = pooled(first.s, channels, winners);
    int rows = steps * c.input().batch();
    int features = pooled.length / rows;
    ReferenceNeuron second =
        new ReferenceNeuron(c.neuron(), false, steps, rows / steps * classes, 1, p.get("klif2.k"));
    for (int i = 0; i < second.x.length; i++) {
      double sum = 0;
      for (int f = 0; f < features; f++) {
        sum += fcWeight[i % classes * features + f] * pooled[i / classes * features + f];
      }
      double product = c.biasLater() ? GoldenTensor.stored(sum, c.type()) : sum;
      second.x[i] = GoldenTensor.stored(product + p.get("fc.bias")[i % classes], c.type());
    }
    second.forward();
    results.put("spikes_klif1", new double[] {Arrays.stream(first.s).sum()});
    results.put("spikes_klif2", new double[] {Arrays.stream(second.s).sum()});

    double[] gOutput = stored(loss(second.s, classes, results));
    ReferenceNeuron.Gradients g2 = second.backward(gOutput, new double[second.initial.length]);
    double[] gu = stored(g2.x());
    double[] gFcWeight = new double[fcWeight.length];
    double[] gFcBias = new double[classes];
    double[] gPooled = new double[pooled.length];
    for (int i = 0; i < gu.length; i++) {
      gFcBias[i % classes] += gu[i];
      for (int f = 0; f < features; f++) {
        int weight = i % classes * features + f;
        gFcWeight[weight] += gu[i] * pooled[i / classes * features + f];
        gPooled[i / classes * features + f] += gu[i] * fcWeight[weight];
      }
    }
    ReferenceNeuron.Gradients g1 =
        first.backward(
            spread(stored(gPooled), channels, winners), new double[first.initial.length]);
    double[] gz = new double[y.length];
    double[] sums = new double[channels];
    double[] products = new double[channels];
    for (int i = 0; i < g1.x().length; i++) {
      gz[i % y.length] += g1.x()[i];
      sums[i % channels] += g1.x()[i];
      products[i % channels] += g1.x()[i] * xhat[i % y.length];
    }
    gz = stored(gz);
    double[] gy = new double[y.length];
    int perChannel = y.length / channels;
    for (int i = 0; i < gy.length; i++) {
      int o = i % channels;
      gy[i] = gamma[o] * invStd[o] * (gz[i] - (sums[o] + xhat[i] * products[o]) / perChannel);
    }
    results.put("gradient of conv.weight", convolutionGradient(stored(gy), channels));
    results.put("gradient of bn.weight", products);
    results.put("gradient of bn.bias", sums);
    results.put("gradient of klif1.k", g1.parameter());
    results.put("gradient of fc.weight", gFcWeight);
    results.put("gradient of fc.bias", gFcBias);
    results.put("gradient of klif2.k", g2.parameter());
    return results;
  }

  /** Told which element of x meets which weight. */
  private interface Tap {
    void meet(int output, int input, int weight);
  }

  private void taps(int channels, Tap each) {
    int inChannels = c.input().channels();
    for (int at = 0; at < c.input().images() * height * width; at++) {
      for (int tap = 0; tap < KERNEL * KERNEL; tap++) {
        int row = at / width % height + tap / KERNEL - 1;
        int column = at % width + tap % KERNEL - 1;
        if (row >= 0 && row < height && column >= 0 && column < width) {
          int pixel = (at / (height * width) * height + row) * width + column;
          for (int i = 0; i < channels * inChannels; i++) {
            each.meet(
                at * channels + i / inChannels,
                pixel * inChannels + i % inChannels,
                i * KERNEL * KERNEL + tap);
          }
        }
      }
    }
  }

  private double[] convolution(double[] weight, int channels) {
    double[] y = new double[c.input().images() * height * width * channels];
    taps(channels, (output, input, w) -> y[output] += weight[w] * x[input]);
    return y;
  }

  private double[] convolutionGradient(double[] gy, int channels) {
    double[] gradient = new double[channels * c.input().channels() * KERNEL * KERNEL];
    taps(channels, (output, input, w) -> gradient[w] += gy[output] * x[input]);
    return gradient;
  }

  /** Writes the running statistics, too. */
  private double[] normalized(double[] y, double[] invStd) {
    int channels = invStd.length;
    int rows = y.length / channels;
    double n = (double) rows * c.input().steps() / c.input().storedSteps();
    double[] mean = new double[channels];
    double[] variance = new double[channels];
    double[] xhat = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      mean[i % channels] += y[i] / rows;
    }
    for (int i = 0; i < y.length; i++) {
      variance[i % channels] += Math.pow(y[i] - mean[i % channels], 2) / rows;
    }
    Arrays.setAll(invStd, o -> 1 / Math.sqrt(variance[o] + c.eps()));
    Arrays.setAll(xhat, i -> (y[i] - mean[i % channels]) * invStd[i % channels]);
    double kept = 1 - c.momentum();
    double[] means = running.computeIfAbsent("bn.running_mean", name -> new double[channels]);
    Arrays.setAll(means, o -> kept * means[o] + c.momentum() * mean[o]);
    double[] ones = new double[channels];
    Arrays.fill(ones, 1);
    double[] variances = running.computeIfAbsent("bn.running_var", name -> ones);
    Arrays.setAll(variances, o -> kept * variances[o] + c.momentum() * variance[o] * n / (n - 1));
    return xhat;
  }

  /** Elements of a 2x2 window, which the element of the pooled (row, C, H/2, W/2) has. */
  private int element(int pooled, int channels, int corner) {
    int column = pooled % (width / 2) * 2 + corner % 2;
    int row = pooled / (width / 2) % (height / 2) * 2 + corner / 2;
    int channel = pooled / (height / 2 * (width / 2)) % channels;
    int image = pooled / (height / 2 * (width / 2) * channels);
    return ((image * height + row) * width + column) * channels + channel;
  }

  private double[] pooled(double[] spikes, int channels, int[] winners) {
    double[] pooled = new double[winners.length];
    for (int at = 0; at < pooled.length; at++) {
      winners[at] = element(at, channels, 0);
      for (int corner = 0; corner < 4; corner++) {
        int one = element(at, channels, corner);
        winners[at] = spikes[one] > spikes[winners[at]] ? one : winners[at];
        pooled[at] += spikes[one] / 4;
      }
      pooled[at] = c.pooling() == Pooling.Kind.MAX ? spikes[winners[at]] : pooled[at];
    }
    return pooled;
  }

  private double[] spread(double[] gPooled, int channels, int[] winners) {
    double[] g = new double[4 * gPooled.length];
    for (int at = 0; at < gPooled.length; at++) {
      for (int corner = 0; corner < 4; corner++) {
        int one = element(at, channels, corner);
        boolean max = c.pooling() == Pooling.Kind.MAX;
        g[one] = max ? (one == winners[at] ? gPooled[at] : 0) : gPooled[at] / 4;
      }
    }
    return g;
  }

  /** The gradient of the output; loss and rate are noted. */
  private double[] loss(double[] output, int classes, Map<String, double[]> results) {
    int steps = c.input().steps();
    int batch = c.input().batch();
    double[] rate = new double[batch * classes];
    for (int i = 0; i < output.length; i++) {
      rate[i % rate.length] += output[i] / steps;
    }
    double loss = 0;
    double[] g = new double[output.length];
    for (int i = 0; i < rate.length; i++) {
      double hot = i % classes == labels[i / classes] ? 1 : 0;
      double difference = rate[i] - hot;
      double gradient = 2 * difference / rate.length;
      if (c.loss() == Loss.Kind.MSE) {
        loss += difference * difference / rate.length;
      } else {
        int from = i / classes * classes;
        double sum = Arrays.stream(rate, from, from + classes).map(Math::exp).sum();
        loss -= hot * (rate[i] - Math.log(sum)) / batch;
        gradient = (Math.exp(rate[i]) / sum - hot) / batch;
      }
      for (int t = 0; t < steps; t++) {
        g[t * rate.length + i] = gradient / steps;
      }
    }
    results.put("loss", new double[] {loss});
    results.put("rate", rate);
    return g;
  }

  private Map<String, double[]> update(Map<String, double[]> p, Map<String, double[]> results) {
    updates++;
    OptimizerOptions o = c.optimizer();
    boolean sgd = o.rule() == OptimizerStep.Rule.SGD;
    Map<String, double[]> after = new LinkedHashMap<>();
    p.forEach(
        (name, values) -> {
          double[] g = results.get("gradient of " + name);
          double[] m = firstMoments.computeIfAbsent(name, n -> new double[g.length]);
          double[] v = secondMoments.computeIfAbsent(name, n -> new double[g.length]);
          double[] next = values.clone();
          for (int i = 0; i < g.length; i++) {
            m[i] = o.momentum() * m[i] + (sgd ? 1 : 1 - o.momentum()) * g[i];
            v[i] = o.beta2() * v[i] + (1 - o.beta2()) * g[i] * g[i];
            double size = Math.sqrt(v[i] / (1 - Math.pow(o.beta2(), updates))) + o.eps();
            double step = m[i] / (1 - Math.pow(o.momentum(), updates)) / size;
            next[i] -= o.learningRate() * (sgd ? m[i] : step);
          }
          after.put(name, next);
        });
    return after;
  }
}
