package org.klif.workbench;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.klif.device.Device;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/** All numbers of a case: what the device is given, and the same as the reference reads it. */
public final class CheckInputs {
  private static final double MEAN_CURRENT = 0.5;
  private static final double SPREAD_CURRENT = 1.2;

  /** A constrained parameter far out: sigmoid(3) = 0.95. */
  private static final double FAR_RAW = 3;

  private final CheckCase one;
  private final int cells;
  private final int channels;
  private final int steps;

  /** As uploaded: (N, H, W, C) where constant, else (T, N, H, W, C). */
  final float[] x;

  final float[] scale;
  final float[] shift;
  final float[] mean;
  final float[] invStd;

  /** Learned numbers before their constraints, as {@link NeuronModel#offset} lays them out. */
  final float[] raw;

  /** S planes of states before the first step. */
  final float[] initial;

  final float[] gSpikes;
  final float[] gLast;

  CheckInputs(CheckCase one, Device device) {
    this.one = one;
    NeuronModel model = one.neuron().model();
    ActivationShape shape = one.shape();
    cells = one.cells();
    channels = shape.channels();
    steps = shape.steps();
    SplittableRandom random = new SplittableRandom(one.seed());
    x = normal(random, Math.toIntExact(shape.elements()), MEAN_CURRENT, SPREAD_CURRENT);
    scale = normal(random, channels, 1, 0.2);
    shift = normal(random, channels, 0.2, 0.2);
    mean = normal(random, channels, 0, 0.3);
    invStd = normal(random, channels, 1, 0.1);
    raw = raw(model, channels, one.numbers(), random);
    gSpikes = normal(random, steps * cells, 0, 1);
    gLast = normal(random, model.states().size() * cells, 0, 1);
    initial = initial(device, model, random);
  }

  private static float[] normal(RandomGenerator random, int size, double middle, double spread) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (middle + spread * random.nextGaussian());
    }
    return values;
  }

  /** The raw numbers of all learned parameters of a layer. */
  static float[] raw(
      NeuronModel model, int channels, CheckCase.Numbers numbers, RandomGenerator random) {
    float[] raw = new float[model.learnedSize(channels)];
    for (int l = 0; l < model.learned().size(); l++) {
      NeuronModel.Learned learned = model.learned().get(l);
      int offset = model.offset(l, channels);
      for (int c = 0; c < learned.size(channels); c++) {
        raw[offset + c] = (float) raw(learned, numbers, c % 2 == 0, random);
      }
    }
    return raw;
  }

  private static double raw(
      NeuronModel.Learned learned, CheckCase.Numbers numbers, boolean low, RandomGenerator random) {
    double first = learned.rawInitial();
    boolean constrained = learned.constraint() != NeuronModel.Constraint.NONE;
    double room = 0.3 * Math.max(Math.abs(first), constrained ? 1 : 0.5);
    return switch (numbers) {
      case INITIAL -> first;
      case AROUND -> clipped(learned, first + room * random.nextGaussian());
      case BOUNDS ->
          constrained ? low ? -FAR_RAW : FAR_RAW : clipped(learned, first + (low ? -4 : 4) * room);
    };
  }

  private static double clipped(NeuronModel.Learned learned, double value) {
    return Math.min(Math.max(value, learned.lower()), learned.upper());
  }

  /** States that the neuron reaches, or the file's. */
  private float[] initial(Device device, NeuronModel model, RandomGenerator random) {
    float[] states = new float[model.states().size() * cells];
    for (int s = 0; s < model.states().size(); s++) {
      Arrays.fill(states, s * cells, (s + 1) * cells, (float) model.states().get(s).initial());
    }
    if (one.warm() == 0) {
      return states;
    }
    try (NeuronSteps warm = new NeuronSteps(device, one.neuron(), one.shape(), raw)) {
      for (int t = 0; t < one.warm(); t++) {
        warm.advance(normal(random, cells, MEAN_CURRENT, SPREAD_CURRENT));
      }
      return warm.states();
    }
  }

  /** The current that the step sees: (T, cells). */
  double[] currents() {
    double[] currents = new double[steps * cells];
    for (int i = 0; i < currents.length; i++) {
      currents[i] = current(x[one.shape().constant() ? i % cells : i], i);
    }
    return currents;
  }

  private double current(float value, int index) {
    int c = index % channels;
    return one.normalized() ? Math.fma(scale[c], value, shift[c]) : value;
  }

  /** x as batch norm sees it, for its two sums: (T or 1, cells). */
  double centred(int index) {
    int c = index % channels;
    return ((double) x[index] - mean[c]) * invStd[c];
  }

  /** Learned raw numbers of each cell: (L, cells). */
  double[] rawOfCells() {
    NeuronModel model = one.neuron().model();
    double[] all = new double[model.learned().size() * cells];
    for (int l = 0; l < model.learned().size(); l++) {
      for (int i = 0; i < cells; i++) {
        all[l * cells + i] = raw[index(l, i)];
      }
    }
    return all;
  }

  /** Where a cell's number of a learned parameter lies in {@link #raw}. */
  int index(int parameter, int cell) {
    NeuronModel model = one.neuron().model();
    return model.offset(parameter, channels)
        + (model.learned().get(parameter).perChannel() ? cell % channels : 0);
  }

  /** Takes a cell out of the loss. */
  void leaveOut(int cell) {
    for (int t = 0; t < steps; t++) {
      gSpikes[t * cells + cell] = 0;
    }
    for (int s = 0; s < one.neuron().model().states().size(); s++) {
      gLast[s * cells + cell] = 0;
    }
  }
}
