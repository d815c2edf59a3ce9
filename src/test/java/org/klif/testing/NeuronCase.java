package org.klif.testing;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.verify.ReferenceNeuron;

/**
 * A neuron unit with random inputs, away from all points where spikes or gradients jump, and what
 * the reference makes of them.
 *
 * @param k KLIF's k (per channel: about it)
 * @param withState an initial potential and a gradient of the last one are given
 * @param everySpike a gradient that each spike has beside the others; 0 for none
 */
public record NeuronCase(
    Neuron neuron,
    ActivationShape input,
    boolean normalized,
    Pooling.@Nullable Kind pooling,
    boolean smooth,
    double k,
    boolean withState,
    double everySpike,
    long seed) {
  /** Float32 potentials differ from float64 ones by less than 1e-5, so this keeps all spikes. */
  private static final double MARGIN = 1e-4;

  /** Without a gradient that all spikes have. */
  public NeuronCase(
      Neuron neuron,
      ActivationShape input,
      boolean normalized,
      Pooling.@Nullable Kind pooling,
      boolean smooth,
      double k,
      boolean withState,
      long seed) {
    this(neuron, input, normalized, pooling, smooth, k, withState, 0, seed);
  }

  static NeuronCase of(Neuron neuron, ActivationShape input, boolean withState, long seed) {
    return new NeuronCase(neuron, input, false, null, false, 1.2, withState, seed);
  }

  /** Each model, each surrogate, each reset. */
  static List<Neuron> someNeurons() {
    return List.of(
        new Neuron.Klif(hard(Surrogate.Kind.ATAN), 2, true, false, 1, false),
        new Neuron.Klif(hard(Surrogate.Kind.SIGMOID), 2, true, true, 1, true),
        new Neuron.Klif(soft(Surrogate.Kind.TRIANGLE), 2, false, false, 1, true),
        new Neuron.Klif(hard(Surrogate.Kind.ATAN), 2, true, true, 1, true, false),
        new Neuron.Lif(soft(Surrogate.Kind.RECTANGLE), 2, true),
        new Neuron.Plif(hard(Surrogate.Kind.GAUSSIAN), 0, true),
        new Neuron.If(hard(Surrogate.Kind.SOFTSIGN)));
  }

  private static Neuron.Common hard(Surrogate.Kind kind) {
    return new Neuron.Common(1, new Reset.Hard(0), false, Surrogate.of(kind));
  }

  private static Neuron.Common soft(Surrogate.Kind kind) {
    return new Neuron.Common(1, new Reset.Soft(), true, Surrogate.of(kind));
  }

  /** No fused pooling, and both kinds. */
  static List<Pooling.Kind> poolings() {
    return Arrays.asList(null, Pooling.Kind.MAX, Pooling.Kind.AVERAGE);
  }

  /** Without a gradient that all spikes have. */
  public static List<NeuronCase> manyBlocks() {
    return manyBlocks(0);
  }

  /** Cases large enough to be cut into many blocks, with batch norm and all poolings. */
  static List<NeuronCase> manyBlocks(double everySpike) {
    return someNeurons().stream()
        .flatMap(
            neuron ->
                poolings().stream()
                    .map(
                        pooling ->
                            new NeuronCase(
                                neuron,
                                new ActivationShape(3, pooling == null, 4, 24, 10, 14),
                                true,
                                pooling,
                                false,
                                1.2,
                                true,
                                everySpike,
                                3)))
        .toList();
  }

  NeuronUnit.Spec spec() {
    return new NeuronUnit.Spec(neuron, input, normalized, pooling, smooth, everySpike != 0);
  }

  /** Inputs in float32; an absent one is null. */
  @SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
  public record Inputs(
      float[] x,
      float @Nullable [] scale,
      float @Nullable [] shift,
      float @Nullable [] mean,
      float @Nullable [] invStd,
      float @Nullable [] parameter,
      float @Nullable [] initial,
      float[] gSpikes,
      float @Nullable [] gLast) {
    /** For a model that learns nothing. */
    Inputs withoutParameter() {
      return new Inputs(x, scale, shift, mean, invStd, null, initial, gSpikes, gLast);
    }

    /** With activations that a 16-bit type has. */
    Inputs rounded(Rounding r) {
      return new Inputs(
          r.round(x), scale, shift, mean, invStd, parameter, initial, r.round(gSpikes), gLast);
    }
  }

  /**
   * Results of the reference, laid out as the device's.
   *
   * @param gxSum sums of the sizes of the terms of gx: with a constant x all steps round alike, so
   *     that their errors add up
   * @param normNorm Euclidean norms of the terms of normSums
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by element, never by equals
  public record Expected(
      double[] spikes,
      double[] charged,
      double[] potential,
      double[] last,
      double[] activity,
      double[] gx,
      double[] gxSum,
      double[] gInitial,
      double[] gParameter,
      double[] gParameterNorm,
      double[] normSums,
      double[] normNorm) {}

  /** Inputs and results. */
  public record Drawn(Inputs inputs, Expected expected) {}

  private int perStep() {
    return input.batch() * input.features();
  }

  /** Draws the inputs and computes the reference. */
  public Drawn draw() {
    Random random = new Random(seed);
    int channels = input.channels();
    int size = perStep();
    // a drive that makes about a third of the neurons fire; an IF neuron forgets nothing, so its
    // potential stays of order 1, where float32 is good to 1e-7, under a smaller one only
    boolean forgets = !(neuron instanceof Neuron.If);
    double middle = (neuron.decayInput() ? 1 : forgets ? 0.5 : 0.4) * Math.signum(k);
    double width = neuron.decayInput() ? 2.5 : forgets ? 1.25 : 0.6;
    float[] scale = null;
    float[] shift = null;
    float[] mean = null;
    float[] invStd = null;
    if (normalized) {
      scale = uniform(random, channels, 0.35 * width, 0.6 * width);
      shift = uniform(random, channels, 0.7 * middle, 1.2 * middle);
      mean = uniform(random, channels, -0.5, 0.5);
      invStd = uniform(random, channels, 0.5, 1.5);
    }
    float[] parameter = parameter(random);
    ReferenceNeuron reference =
        new ReferenceNeuron(
            neuron,
            smooth,
            input.steps(),
            size,
            channels,
            parameter == null ? new double[0] : Closeness.doubles(parameter));
    float[] x = new float[(int) input.elements()];
    float[] initial = withState ? new float[size] : null;
    for (int m = 0; m < size; m++) {
      do {
        for (int t = 0; t < input.storedSteps(); t++) {
          double u = 2 * random.nextDouble() - 1;
          x[t * size + m] = (float) (normalized ? 2 * u : middle + width * u);
        }
        for (int t = 0; t < input.steps(); t++) {
          double value = x[input.constant() ? m : t * size + m];
          reference.x[t * size + m] =
              normalized ? scale[m % channels] * value + shift[m % channels] : value;
        }
        if (withState) {
          initial[m] = (float) (1.8 * random.nextDouble() - 0.9);
          reference.initial[m] = initial[m];
        }
      } while (reference.forward(m) < MARGIN);
    }
    Pooled pooled = pooling == null ? null : new Pooled(pooling, input);
    double[] spikes = pooled == null ? reference.s : pooled.forward(reference.s);
    float[] gSpikes = uniform(random, spikes.length, -1, 1);
    float[] gLast = withState ? uniform(random, size, -1, 1) : null;
    double[] gS = Closeness.doubles(gSpikes);
    double[] ofSpikes = pooled == null ? gS : pooled.backward(reference.s, gS);
    for (int i = 0; i < ofSpikes.length; i++) {
      ofSpikes[i] += everySpike;
    }
    ReferenceNeuron.Gradients gradients =
        reference.backward(ofSpikes, gLast == null ? new double[size] : Closeness.doubles(gLast));
    double[] gx = stored(gradients.x());
    double[] sums = new double[2 * channels];
    double[] norms = new double[2 * channels];
    double absolute = 0;
    for (int i = 0; i < gx.length; i++) {
      absolute += Math.abs(gx[i]);
      if (normalized) {
        int c = i % channels;
        double product = gx[i] * (x[i] - mean[c]) * invStd[c];
        sums[c] += gx[i];
        sums[channels + c] += product;
        norms[c] = Math.hypot(norms[c], gx[i]);
        norms[channels + c] = Math.hypot(norms[channels + c], product);
      }
    }
    double fired = 0;
    for (double spike : reference.s) {
      fired += spike;
    }
    return new Drawn(
        new Inputs(x, scale, shift, mean, invStd, parameter, initial, gSpikes, gLast),
        new Expected(
            spikes,
            reference.f,
            reference.v,
            reference.last(),
            new double[] {fired / reference.s.length, absolute / gx.length},
            gx,
            storedSum(gradients.x()),
            gradients.initial(),
            gradients.parameter(),
            gradients.parameterNorm(),
            sums,
            norms));
  }

  private float @Nullable [] parameter(Random random) {
    if (neuron instanceof Neuron.Klif klif) {
      return klif.perChannel()
          ? uniform(random, input.channels(), 0.7 * k, 1.25 * k)
          : new float[] {(float) k};
    }
    return neuron instanceof Neuron.Plif plif ? new float[] {(float) plif.w()} : null;
  }

  /** A gradient at each step, summed over T where x is stored once. */
  private double[] stored(double[] overTime) {
    if (!input.constant()) {
      return overTime;
    }
    double[] sum = new double[perStep()];
    for (int i = 0; i < overTime.length; i++) {
      sum[i % sum.length] += overTime[i];
    }
    return sum;
  }

  private double[] storedSum(double[] overTime) {
    double[] sum = new double[(int) input.elements()];
    for (int i = 0; i < overTime.length; i++) {
      sum[i % sum.length] += Math.abs(overTime[i]);
    }
    return sum;
  }

  private static float[] uniform(Random random, int size, double low, double high) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  /** 2x2 windows over (T, N, H, W, C). */
  private record Pooled(Pooling.Kind kind, ActivationShape shape) {
    private int[] window(int out) {
      int channels = shape.channels();
      int width = shape.width();
      int c = out % channels;
      int column = out / channels % (width / 2);
      int row = out / channels / (width / 2);
      int first = (2 * row * width + 2 * column) * channels + c;
      int below = first + width * channels;
      return new int[] {first, first + channels, below, below + channels};
    }

    double[] forward(double[] s) {
      double[] y = new double[s.length / 4];
      for (int out = 0; out < y.length; out++) {
        int[] w = window(out);
        y[out] =
            kind == Pooling.Kind.MAX
                ? Math.max(Math.max(s[w[0]], s[w[1]]), Math.max(s[w[2]], s[w[3]]))
                : (s[w[0]] + s[w[1]] + s[w[2]] + s[w[3]]) / 4;
      }
      return y;
    }

    double[] backward(double[] s, double[] gy) {
      double[] gs = new double[s.length];
      for (int out = 0; out < gy.length; out++) {
        int[] w = window(out);
        if (kind == Pooling.Kind.AVERAGE) {
          for (int i : w) {
            gs[i] = gy[out] / 4;
          }
        } else {
          int winner = w[0];
          for (int i : w) {
            winner = s[i] > s[winner] ? i : winner;
          }
          gs[winner] = gy[out];
        }
      }
      return gs;
    }
  }
}
