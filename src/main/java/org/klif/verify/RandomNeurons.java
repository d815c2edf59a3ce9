package org.klif.verify;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;
import org.klif.device.NeuronUnit;
import org.klif.device.Pooling;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.Reset;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;

/**
 * A neuron unit drawn at random: model, options, surrogate, shape, T, and the seed of its inputs.
 * The same seed and number always give the same case. Every tenth is KLIF with its defaults in as
 * large a layer as may be: only there does a GPU run the kernels that most trainings spend their
 * time in.
 *
 * @param k KLIF's k, or the middle of its channels' k
 * @param coarse inputs are multiples of 1/8, so that potentials meet the threshold exactly
 */
record RandomNeurons(
    Neuron neuron,
    ActivationShape input,
    boolean normalized,
    Pooling.@Nullable Kind pooling,
    boolean withState,
    float k,
    boolean coarse,
    long inputSeed) {
  /** Neuron-steps of a case: keeps a case within some 100 MB on each side. */
  private static final int MOST_NEURON_STEPS = 8_000_000;

  private static final int EACH = 10;
  private static final int LARGEST = 9;
  private static final int USUAL = 4;
  private static final int USUAL_STEPS = 4;
  private static final int USUAL_CHANNELS = 128;

  private static final int[] STEPS = {1, 2, 3, 4, 5, 8, 12, 16, 17, 24, 32};
  private static final int[] CHANNELS = {1, 2, 3, 8, 10, 16, 17, 32, 64, 100, 128};

  /**
   * Draws a case. Every tenth is as large as may be.
   *
   * @param mostNeurons the largest size of a layer
   */
  static RandomNeurons draw(long seed, int number, int mostNeurons) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    if (number % EACH == USUAL) {
      return usual(random, mostNeurons);
    }
    int neurons =
        number % EACH == LARGEST
            ? mostNeurons
            : (int) Math.round(Math.exp(random.nextDouble() * Math.log(mostNeurons)));
    int wanted = STEPS[random.nextInt(STEPS.length)];
    int steps = Math.max(1, Math.min(wanted, MOST_NEURON_STEPS / neurons));
    Pooling.Kind[] poolings = {null, null, Pooling.Kind.MAX, Pooling.Kind.AVERAGE};
    Pooling.Kind pooling = neurons < 4 ? null : poolings[random.nextInt(poolings.length)];
    float size = random.nextInt(4) == 0 ? -1 : 1;
    return new RandomNeurons(
        neuron(random),
        shape(random, neurons, steps, pooling != null),
        random.nextBoolean(),
        pooling,
        random.nextBoolean(),
        size * (0.8f + 0.6f * random.nextFloat()),
        random.nextBoolean(),
        random.nextLong());
  }

  private static RandomNeurons usual(RandomGenerator random, int mostNeurons) {
    int channels = Math.min(USUAL_CHANNELS, mostNeurons);
    int batch = mostNeurons / channels;
    return new RandomNeurons(
        NeuronOptions.of("klif").neuron(),
        new ActivationShape(USUAL_STEPS, false, batch, channels, 1, 1),
        random.nextBoolean(),
        null,
        random.nextBoolean(),
        0.8f + 0.6f * random.nextFloat(),
        random.nextBoolean(),
        random.nextLong());
  }

  private static Neuron neuron(RandomGenerator random) {
    Surrogate.Kind[] kinds = Surrogate.Kind.values();
    Surrogate.Kind kind = kinds[random.nextInt(kinds.length)];
    Reset[] resets = {new Reset.Hard(0), new Reset.Hard(-0.3), new Reset.Soft()};
    Neuron.Common common =
        new Neuron.Common(
            random.nextBoolean() ? 1 : 0.7,
            resets[random.nextInt(resets.length)],
            random.nextBoolean(),
            new Surrogate(kind, kind.defaultAlpha() * (0.5 + random.nextDouble())));
    double tau = random.nextBoolean() ? 2 : 1 + 3 * random.nextDouble();
    boolean decay = random.nextBoolean();
    return switch (random.nextInt(5)) {
      case 0 -> new Neuron.Lif(common, tau, decay);
      case 1 -> new Neuron.Plif(common, 2 * random.nextDouble() - 1, decay);
      case 2 -> new Neuron.If(common);
      default ->
          new Neuron.Klif(
              common,
              tau,
              decay,
              random.nextBoolean(),
              1,
              random.nextBoolean(),
              random.nextInt(4) > 0);
    };
  }

  /** About so many neurons; even height and width for a pooling. */
  private static ActivationShape shape(
      RandomGenerator random, int neurons, int steps, boolean pooled) {
    boolean constant = random.nextInt(3) == 0;
    int channels = CHANNELS[random.nextInt(CHANNELS.length)];
    if (pooled) {
      channels = Math.max(1, Math.min(channels, neurons / 4));
      int windows = Math.max(1, neurons / (4 * channels));
      int height = 1 + random.nextInt((int) Math.min(8, Math.sqrt(windows)));
      int width = 1 + random.nextInt(Math.min(8, windows / height));
      int batch = windows / (height * width);
      return new ActivationShape(steps, constant, batch, channels, 2 * height, 2 * width);
    }
    if (random.nextBoolean()) {
      return new ActivationShape(steps, constant, 1, neurons, 1, 1);
    }
    channels = Math.min(channels, neurons);
    return new ActivationShape(steps, constant, neurons / channels, channels, 1, 1);
  }

  NeuronUnit.Spec spec() {
    return new NeuronUnit.Spec(neuron, input, normalized, pooling, false);
  }

  /** Neurons of the layer. */
  int neurons() {
    return input.batch() * input.features();
  }

  /** Model, shape and the less common options. */
  String name() {
    return "%s%s %s%s%s"
        .formatted(
            neuron.token(),
            neuron instanceof Neuron.Klif klif && !klif.relu() ? " without ReLU" : "",
            input,
            normalized ? " normalized" : "",
            pooling == null ? "" : pooling == Pooling.Kind.MAX ? " max-pooled" : " mean-pooled");
  }

  /**
   * Numbers for a case's buffers, the same on each device.
   *
   * @param x exact in the type asked for
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Inputs(
      float[] x,
      float[] scale,
      float[] shift,
      float[] mean,
      float[] invStd,
      float @Nullable [] parameter,
      float @Nullable [] initial,
      float[] gSpikes,
      float[] gLast) {}

  /**
   * The inputs.
   *
   * @param type the currents and gradients of spikes are numbers of this type
   */
  Inputs inputs(DType type) {
    SplittableRandom random = new SplittableRandom(inputSeed);
    int channels = input.channels();
    // about a third of the neurons fire
    float middle = Math.signum(k) * (normalized ? 0 : 0.9f);
    float[] x = uniform(random, Math.toIntExact(input.elements()), middle - 2, middle + 2);
    float[] scale = uniform(random, channels, 0.5f, 1.5f);
    float[] shift = uniform(random, channels, 0.5f * Math.signum(k), Math.signum(k));
    if (coarse) {
      for (float[] values : new float[][] {x, scale, shift}) {
        for (int i = 0; i < values.length; i++) {
          values[i] = Math.round(8 * values[i]) / 8f;
        }
      }
    }
    float[] parameter = null;
    if (neuron instanceof Neuron.Klif klif) {
      parameter = new float[] {coarse ? Math.signum(k) : k};
      if (klif.perChannel()) {
        parameter = uniform(random, channels, 0.8f * k, 1.2f * k);
      }
    } else if (neuron instanceof Neuron.Plif plif) {
      parameter = new float[] {(float) plif.w()};
    }
    float[] initial = withState ? uniform(random, neurons(), -1, 1) : null;
    float[] gSpikes = uniform(random, Math.toIntExact(spec().output().elements()), -1, 1);
    return new Inputs(
        rounded(x, type),
        scale,
        shift,
        uniform(random, channels, -0.5f, 0.5f),
        uniform(random, channels, 0.5f, 1.5f),
        parameter,
        initial,
        rounded(gSpikes, type),
        uniform(random, neurons(), -1, 1));
  }

  private static float[] uniform(RandomGenerator random, int size, float low, float high) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return values;
  }

  /** As a type of activations holds them. */
  static float[] rounded(float[] values, DType type) {
    if (!type.isHalf()) {
      return values;
    }
    float[] narrow = Arrays.copyOf(values, values.length);
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = type.toFloat(type.toBits(narrow[i]));
    }
    return narrow;
  }
}
