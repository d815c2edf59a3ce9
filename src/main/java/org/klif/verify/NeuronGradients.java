package org.klif.verify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;
import org.klif.tensor.ActivationShape;

/**
 * The backward pass of one neuron against finite differences of its smooth forward pass.
 *
 * <p>The loss is sum(wS S) + sum(wV V_T) with random weights. Neurons do not see each other, so one
 * shifted forward pass differentiates all of them at once. Neurons that a kink disturbs are found
 * without the backward pass, by {@link Stencil#disagreement}, and their loss weights are set to 0.
 *
 * <p>With a detached reset the spike in the reset is a constant, which no forward pass of the unit
 * shows. Then the steps are run one by one, and the reset is done here with the undisturbed spikes.
 *
 * <p>Where activations have 16 bits, spikes are steps and there are no differences: the gradients
 * are those that another device has in float32 for the same numbers of 16 bits. Every device takes
 * the same float32 operations on these, so spikes are equal.
 */
final class NeuronGradients implements AutoCloseable {
  /** Inputs are multiples of 2^-10, so that a shifted input is exact in float32. */
  private static final double STEP = 1.0 / 256;

  private static final double GRID = 1024;

  /** Two estimates further apart than this share of the typical derivative: a kink. */
  private static final double KINK = 1e-3;

  private static final String INPUT = "input";
  private static final String INITIAL = "initial potential";

  private static final int STEPS = 5;
  private static final ActivationShape SHAPE = new ActivationShape(STEPS, false, 2, 5, 3, 3);
  private static final int CELLS = (int) (SHAPE.elements() / STEPS);

  private final Neuron neuron;
  private final DType type;
  private final BufferScope scope;
  private final NeuronUnit unit;
  private final NeuronUnit oneStep;
  private final NeuronUnit.Forward forward;
  private final NeuronUnit.Forward forwardOneStep;
  private final float[] x = new float[STEPS * CELLS];
  private final float[] v0 = new float[CELLS];
  private final float[] parameter;
  private final float[] weightS = new float[STEPS * CELLS];
  private final float[] weightV = new float[CELLS];
  private float[] spikes = new float[0];

  /**
   * Draws the inputs.
   *
   * @param type of activations that x and the gradient of the spikes are numbers of; with 16 bits
   *     spikes are steps, else smooth
   */
  NeuronGradients(Device device, Neuron neuron, long seed, DType type) {
    this.neuron = neuron;
    this.type = type;
    Random random = new Random(seed);
    fill(x, random, 1.2, 0.5);
    round(x);
    fill(v0, random, 0.4, 0.2);
    fill(weightS, random, 1, 0);
    round(weightS);
    fill(weightV, random, 1, 0);
    boolean perChannel = neuron instanceof Neuron.Klif klif && klif.perChannel();
    parameter = new float[!neuron.hasParameter() ? 0 : perChannel ? SHAPE.channels() : 1];
    fill(parameter, random, 0.2, neuron instanceof Neuron.Klif ? 1.1 : 0.1);
    scope = new BufferScope(device);
    unit = scope.own(device.neuronUnit(spec(SHAPE)));
    oneStep =
        scope.own(
            device.neuronUnit(
                spec(
                    new ActivationShape(
                        1,
                        false,
                        SHAPE.batch(),
                        SHAPE.channels(),
                        SHAPE.height(),
                        SHAPE.width()))));
    Buffer k = parameter.length == 0 ? null : scope.zeros(parameter.length);
    forward = buffers(STEPS, k);
    forwardOneStep = buffers(1, k);
  }

  private NeuronUnit.Spec spec(ActivationShape shape) {
    return new NeuronUnit.Spec(neuron, shape, false, null, !type.isHalf());
  }

  private NeuronUnit.Forward buffers(int steps, @Nullable Buffer k) {
    int size = steps * CELLS;
    return NeuronUnit.Forward.of(scope.activations(size), k, scope.activations(size), null)
        .streaming(scope.zeros(CELLS), scope.zeros(CELLS))
        .traced(scope.zeros(size), scope.zeros(size));
  }

  private static void fill(float[] target, Random random, double spread, double middle) {
    for (int i = 0; i < target.length; i++) {
      target[i] = (float) (Math.rint((random.nextGaussian() * spread + middle) * GRID) / GRID);
    }
  }

  private void round(float[] values) {
    System.arraycopy(RandomNeurons.rounded(values, type), 0, values, 0, values.length);
  }

  /** Reports the error of each gradient beside another device's, as a share of its norm. */
  void compare(NeuronGradients right, Consumer<Finding> each) {
    Map<String, float[]> expected = right.gradients();
    gradients()
        .forEach(
            (quantity, gradient) -> {
              double error = Direction.difference(gradient, expected.get(quantity));
              boolean stored = quantity.equals(INPUT);
              each.accept(
                  new Finding(
                      quantity,
                      error,
                      stored ? GradientCheck.stored(type) : GradientCheck.TOLERANCE));
            });
  }

  private Map<String, float[]> gradients() {
    losses(x, v0, parameter);
    Map<String, float[]> all = new LinkedHashMap<>();
    try (BufferScope gradients = new BufferScope(scope.device())) {
      NeuronUnit.Backward backward = backward(gradients);
      all.put(INPUT, backward.gx().toArray());
      all.put(INITIAL, backward.gInitial().toArray());
      if (backward.gParameter() != null) {
        all.put(learned(), backward.gParameter().toArray());
      }
    }
    return all;
  }

  private String learned() {
    return neuron instanceof Neuron.Klif ? "k" : "w";
  }

  /** Runs the backward pass of the last forward pass. */
  private NeuronUnit.Backward backward(BufferScope gradients) {
    NeuronUnit.Backward backward =
        new NeuronUnit.Backward(
            forward,
            gradients.activationsOf(weightS),
            gradients.of(weightV),
            gradients.activations(x.length),
            gradients.zeros(CELLS),
            parameter.length == 0 ? null : gradients.zeros(parameter.length),
            null,
            null);
    unit.backward(backward);
    return backward;
  }

  /** Reports the error of each gradient, as a share of its norm. */
  void check(Consumer<Finding> each) {
    losses(x, v0, parameter);
    spikes = forward.spikes().toArray();
    Differences all = differences();
    boolean[] smooth = all.smooth();
    long left = 0;
    for (int i = 0; i < CELLS; i++) {
      if (smooth[i]) {
        left++;
      } else {
        weightV[i] = 0;
        for (int t = 0; t < STEPS; t++) {
          weightS[t * CELLS + i] = 0;
        }
      }
    }
    if (left < CELLS / 2) {
      // too little is left to say that the gradient is right
      each.accept(new Finding("all", Double.NaN, GradientCheck.TOLERANCE));
      return;
    }
    backward(all, smooth, each);
  }

  /** One gradient's error. */
  record Finding(String quantity, double error, double tolerance) {}

  private void backward(Differences all, boolean[] smooth, Consumer<Finding> each) {
    // the forward pass again: buffers hold the last shifted inputs
    losses(x, v0, parameter);
    try (BufferScope gradients = new BufferScope(scope.device())) {
      NeuronUnit.Backward backward = backward(gradients);
      Norms input = new Norms();
      float[] gx = backward.gx().toArray();
      for (int i = 0; i < gx.length; i++) {
        input.add(smooth[i % CELLS] ? all.input[i].value() : 0, gx[i]);
      }
      each.accept(new Finding(INPUT, input.relative(), GradientCheck.TOLERANCE));
      Norms initial = new Norms();
      float[] gInitial = backward.gInitial().toArray();
      for (int i = 0; i < CELLS; i++) {
        initial.add(smooth[i] ? all.initial[i].value() : 0, gInitial[i]);
      }
      each.accept(new Finding(INITIAL, initial.relative(), GradientCheck.TOLERANCE));
      if (backward.gParameter() != null) {
        each.accept(
            new Finding(
                learned(),
                parameterError(all, smooth, backward.gParameter().toArray()),
                GradientCheck.TOLERANCE));
      }
    }
  }

  /** A sum over neurons may cancel; its error is measured by the norm of what was added. */
  private static double parameterError(Differences all, boolean[] smooth, float[] gradient) {
    double[] sum = new double[gradient.length];
    double squares = 0;
    for (int i = 0; i < CELLS; i++) {
      if (smooth[i]) {
        double value = all.parameter[i].value();
        sum[i % gradient.length] += value;
        squares += value * value;
      }
    }
    double difference = 0;
    for (int c = 0; c < sum.length; c++) {
      difference += (sum[c] - gradient[c]) * (sum[c] - gradient[c]);
    }
    return Math.sqrt(difference / squares);
  }

  private static final class Norms {
    private double difference;
    private double gradient;

    void add(double expected, double actual) {
      difference += (expected - actual) * (expected - actual);
      gradient += expected * expected;
    }

    double relative() {
      return Math.sqrt(difference / gradient);
    }
  }

  /** Derivatives of each neuron's part of the loss. */
  private static final class Differences {
    final Stencil[] input = new Stencil[STEPS * CELLS];
    final Stencil[] initial = new Stencil[CELLS];
    final Stencil[] parameter = new Stencil[CELLS];

    boolean[] smooth() {
      boolean[] smooth = new boolean[CELLS];
      Arrays.fill(smooth, true);
      keep(smooth, input);
      keep(smooth, initial);
      keep(smooth, parameter);
      return smooth;
    }

    private static void keep(boolean[] smooth, Stencil[] all) {
      if (all[0] == null) {
        return;
      }
      double squares = 0;
      for (Stencil one : all) {
        squares += one.value() * one.value();
      }
      double limit = KINK * Math.max(Math.sqrt(squares / all.length), 1e-3);
      for (int i = 0; i < all.length; i++) {
        smooth[i % CELLS] &= all[i].disagreement() <= limit;
      }
    }
  }

  private Differences differences() {
    Differences all = new Differences();
    for (int t = 0; t < STEPS; t++) {
      int from = t * CELLS;
      Stencil[] one = shifted(shift -> losses(shift(x, from, from + CELLS, shift), v0, parameter));
      System.arraycopy(one, 0, all.input, from, CELLS);
    }
    Stencil[] initial = shifted(shift -> losses(x, shift(v0, 0, CELLS, shift), parameter));
    System.arraycopy(initial, 0, all.initial, 0, CELLS);
    if (parameter.length > 0) {
      Stencil[] one = shifted(shift -> losses(x, v0, shift(parameter, 0, parameter.length, shift)));
      System.arraycopy(one, 0, all.parameter, 0, CELLS);
    }
    return all;
  }

  private interface Shifted {
    double[] losses(double shift);
  }

  private static Stencil[] shifted(Shifted function) {
    double[] minus2 = function.losses(-2 * STEP);
    double[] minus1 = function.losses(-STEP);
    double[] plus1 = function.losses(STEP);
    double[] plus2 = function.losses(2 * STEP);
    Stencil[] all = new Stencil[CELLS];
    for (int i = 0; i < CELLS; i++) {
      all[i] = Stencil.of(STEP, minus2[i], minus1[i], plus1[i], plus2[i]);
    }
    return all;
  }

  private static float[] shift(float[] values, int from, int to, double shift) {
    float[] shifted = values.clone();
    for (int i = from; i < to; i++) {
      shifted[i] += (float) shift;
    }
    return shifted;
  }

  /** Each neuron's part of the loss. */
  private double[] losses(float[] input, float[] initial, float[] k) {
    if (forward.parameter() != null) {
      forward.parameter().upload(k);
    }
    boolean detached = neuron.common().detachReset() && spikes.length > 0;
    return detached ? stepByStep(input, initial, k) : wholeSequence(input, initial);
  }

  private double[] wholeSequence(float[] input, float[] initial) {
    forward.x().upload(input);
    forward.initial().upload(initial);
    unit.forward(forward);
    double[] losses = new double[CELLS];
    float[] fired = forward.spikes().toArray();
    float[] last = forward.last().toArray();
    for (int i = 0; i < CELLS; i++) {
      losses[i] = (double) weightV[i] * last[i];
      for (int t = 0; t < STEPS; t++) {
        losses[i] += (double) weightS[t * CELLS + i] * fired[t * CELLS + i];
      }
    }
    return losses;
  }

  private double[] stepByStep(float[] input, float[] initial, float[] k) {
    double[] losses = new double[CELLS];
    float[] v = initial.clone();
    for (int t = 0; t < STEPS; t++) {
      forwardOneStep.x().upload(input, t * CELLS, 0, CELLS);
      forwardOneStep.initial().upload(v);
      oneStep.forward(forwardOneStep);
      float[] fired = forwardOneStep.spikes().toArray();
      float[] charged = forwardOneStep.charged().toArray();
      for (int i = 0; i < CELLS; i++) {
        losses[i] += (double) weightS[t * CELLS + i] * fired[i];
        v[i] = (float) reset(charged[i], spikes[t * CELLS + i], q(k, i));
      }
    }
    for (int i = 0; i < CELLS; i++) {
      losses[i] += (double) weightV[i] * v[i];
    }
    return losses;
  }

  private double q(float[] k, int cell) {
    return neuron instanceof Neuron.Klif klif && klif.scaleReset() ? 1.0 / k[cell % k.length] : 1;
  }

  private double reset(double f, double spike, double q) {
    return neuron.common().reset() instanceof Reset.Hard hard
        ? (1 - spike) * f * q + spike * hard.value()
        : (f - spike * neuron.common().threshold()) * q;
  }

  @Override
  public void close() {
    scope.close();
  }
}
