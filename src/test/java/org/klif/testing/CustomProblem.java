package org.klif.testing;

import java.util.Arrays;
import org.klif.device.DType;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * A loss over the spikes and last states of a layer of a user's neuron, smooth and in float64, and
 * its gradients by central differences: neurons do not see each other, so each is moved alone.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record CustomProblem(
    CustomExample example,
    double alpha,
    ActivationShape shape,
    boolean normalized,
    double[] x,
    double[] scale,
    double[] shift,
    double[] mean,
    double[] invStd,
    double[] raw,
    double[] initial,
    double[] gSpikes,
    double[] gLast) {
  /** Of float64 differences: the error is of order 1e-10. */
  private static final double SHIFT = 1e-5;

  /** With another gradient of the spikes. */
  CustomProblem withSpikes(double[] gradient) {
    return new CustomProblem(
        example,
        alpha,
        shape,
        normalized,
        x,
        scale,
        shift,
        mean,
        invStd,
        raw,
        initial,
        gradient,
        gLast);
  }

  /** Random inputs that float32 has exactly. */
  public static CustomProblem draw(
      CustomExample example, double alpha, ActivationShape shape, boolean normalized, int seed) {
    Uniform random = new Uniform(seed);
    NeuronModel model = example.model();
    int size = shape.batch() * shape.features();
    int channels = shape.channels();
    float[] raw = model.initialNumbers(channels);
    for (int p = 0; p < model.learned().size(); p++) {
      int from = model.offset(p, channels);
      for (int i = 0; i < model.learned().get(p).size(channels); i++) {
        raw[from + i] += random.floats(1, -0.3, 0.3)[0];
      }
    }
    return new CustomProblem(
        example,
        alpha,
        shape,
        normalized,
        Closeness.doubles(random.floats((int) shape.elements(), -0.5, 2.5)),
        Closeness.doubles(random.floats(channels, 0.8, 1.2)),
        Closeness.doubles(random.floats(channels, -0.2, 0.2)),
        Closeness.doubles(random.floats(channels, -0.5, 0.5)),
        Closeness.doubles(random.floats(channels, 0.5, 1.5)),
        Closeness.doubles(raw),
        Closeness.doubles(random.floats(model.states().size() * size, -0.5, 0.5)),
        Closeness.doubles(random.floats(shape.steps() * size, -1, 1)),
        Closeness.doubles(random.floats(model.states().size() * size, -1, 1)));
  }

  /** With activations that a type has. */
  public CustomProblem rounded(DType type) {
    return new CustomProblem(
        example,
        alpha,
        shape,
        normalized,
        rounded(type, x),
        scale,
        shift,
        mean,
        invStd,
        raw,
        initial,
        rounded(type, gSpikes),
        gLast);
  }

  private static double[] rounded(DType type, double[] values) {
    return Arrays.stream(values).map(v -> type.toFloat(type.toBits((float) v))).toArray();
  }

  /** Neurons of a step. */
  int size() {
    return shape.batch() * shape.features();
  }

  /**
   * Gradients by x (of the current, where there is a batch norm), initial states and raw numbers;
   * the batch norm's sums.
   *
   * @param spikes the smooth spikes
   * @param last states after the last step
   */
  record Expected(
      double[] spikes,
      double[] last,
      double[] gx,
      double[] gInitial,
      double[] gRaw,
      double[] normSums) {}

  private double loss(int m, double[] current, double[] states, double[] rawOfNeuron) {
    return run(m, current, states, rawOfNeuron, null);
  }

  private double run(
      int m, double[] current, double[] states, double[] rawOfNeuron, Expected results) {
    double[] s = states.clone();
    double[] values = new double[rawOfNeuron.length];
    for (int p = 0; p < values.length; p++) {
      values[p] = example.value(p, rawOfNeuron[p]);
    }
    double loss = 0;
    for (int t = 0; t < shape.steps(); t++) {
      double spike =
          example.step().of(s, values, current[t], u -> CustomExample.sigmoid(alpha * u));
      loss += gSpikes[t * size() + m] * spike;
      if (results != null) {
        results.spikes[t * size() + m] = spike;
      }
    }
    for (int i = 0; i < s.length; i++) {
      loss += gLast[i * size() + m] * s[i];
      if (results != null) {
        results.last[i * size() + m] = s[i];
      }
    }
    return loss;
  }

  private interface Loss {
    double of();
  }

  private static double difference(double[] of, int i, Loss loss) {
    double was = of[i];
    of[i] = was + SHIFT;
    double high = loss.of();
    of[i] = was - SHIFT;
    double low = loss.of();
    of[i] = was;
    return (high - low) / (2 * SHIFT);
  }

  /** All gradients. */
  Expected solve() {
    int channels = shape.channels();
    Expected e =
        new Expected(
            new double[gSpikes.length],
            new double[initial.length],
            new double[x.length],
            new double[initial.length],
            new double[raw.length],
            new double[2 * channels]);
    for (int m = 0; m < size(); m++) {
      solve(m, e);
    }
    for (int i = 0; i < x.length && normalized; i++) {
      int c = i % channels;
      e.normSums[c] += e.gx[i];
      e.normSums[channels + c] += e.gx[i] * (x[i] - mean[c]) * invStd[c];
    }
    return e;
  }

  private void solve(int m, Expected e) {
    NeuronModel model = example.model();
    int channel = m % shape.channels();
    double[] current = new double[shape.steps()];
    for (int t = 0; t < current.length; t++) {
      double stored = x[shape.constant() ? m : t * size() + m];
      current[t] = normalized ? stored * scale[channel] + shift[channel] : stored;
    }
    double[] states = new double[model.states().size()];
    Arrays.setAll(states, i -> initial[i * size() + m]);
    int[] at = new int[model.learned().size()];
    Arrays.setAll(
        at,
        p ->
            model.offset(p, shape.channels())
                + (model.learned().get(p).perChannel() ? channel : 0));
    double[] own = Arrays.stream(at).mapToDouble(i -> raw[i]).toArray();
    run(m, current, states, own, e);
    for (int t = 0; t < current.length; t++) {
      e.gx[shape.constant() ? m : t * size() + m] +=
          difference(current, t, () -> loss(m, current, states, own));
    }
    for (int i = 0; i < states.length; i++) {
      e.gInitial[i * size() + m] = difference(states, i, () -> loss(m, current, states, own));
    }
    for (int p = 0; p < own.length; p++) {
      e.gRaw[at[p]] += difference(own, p, () -> loss(m, current, states, own));
    }
  }
}
