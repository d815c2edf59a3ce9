package org.klif.verify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.klif.device.Attention;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Convolution;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.Linear;
import org.klif.device.Loss;
import org.klif.device.ParameterLayout;
import org.klif.device.Pooling;
import org.klif.tensor.Extent;

/** The backward passes of a device's planned and element-wise operations, each by itself. */
final class OperationGradients {
  /** Operations that are linear in what is shifted: any step is exact, a large one rounds least. */
  private static final double LINEAR_STEP = 0.25;

  private static final double SMOOTH_STEP = 1.0 / 64;

  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String WEIGHT = "weight";
  private static final String CONVOLUTION = "convolution";

  private final Device device;
  private final DType type;
  private final Judge judge;
  private final Random random = new Random(7);

  /** Told every gradient, at which inputs it was taken, and the loss. */
  private interface Judge {
    void judge(
        String layer,
        String quantity,
        double step,
        float[] at,
        float[] gradient,
        ToDoubleFunction<float[]> loss);
  }

  private OperationGradients(Device device, DType type, Judge judge) {
    this.device = device;
    this.type = type;
    this.judge = judge;
  }

  /**
   * Checks everything.
   *
   * @param device whose backward passes are checked
   * @param exact whose forward passes are differentiated, maybe the same
   */
  static void check(Device device, Device exact, Consumer<GradientRow> rows) {
    DType type = device.activationType();
    Queue<float[]> gradients = new ArrayDeque<>();
    new OperationGradients(
            device, type, (layer, quantity, step, at, gradient, loss) -> gradients.add(gradient))
        .check();
    Random directions = new Random(8);
    new OperationGradients(
            exact,
            type,
            (layer, quantity, step, at, ignored, loss) -> {
              double error = Direction.error(at, step, gradients.remove(), loss, directions);
              // cuDNN rounds a filter's gradient, too
              boolean filter = layer.startsWith(CONVOLUTION) && quantity.equals(WEIGHT);
              boolean stored = filter || quantity.equals(INPUT) || quantity.equals(OUTPUT);
              double tolerance = stored ? GradientCheck.stored(type) : GradientCheck.TOLERANCE;
              rows.accept(new GradientRow(layer, quantity, error, tolerance));
            })
        .check();
  }

  private void check() {
    convolution(CONVOLUTION + " 3x3", new Convolution.Spec(3, 3, 6, 5, 4, 3, 1, 1));
    convolution(CONVOLUTION + " 3x3, stride 2", new Convolution.Spec(2, 5, 7, 7, 18, 3, 2, 0));
    convolution(
        CONVOLUTION + " 1x1, 33 to 17 channels", new Convolution.Spec(2, 33, 4, 4, 17, 1, 1, 0));
    convolution(
        CONVOLUTION + " 2x4, stride 1x2, padding 0x3",
        new Convolution.Spec(2, 3, 5, 7, 4, new Extent(2, 4), new Extent(1, 2), new Extent(0, 3)));
    linear(new Linear.Spec(7, 33, 18));
    for (Pooling.Kind kind : Pooling.Kind.values()) {
      pooling("", new Pooling.Spec(kind, 3, 5, 5, 7, 2));
      pooling(" 1x3", new Pooling.Spec(kind, 3, 5, 5, 7, new Extent(1, 3)));
      pooling(
          " 3x2, stride 2x1, padding 1",
          new Pooling.Spec(kind, 3, 5, 5, 7, new Extent(3, 2), new Extent(2, 1), Extent.square(1)));
    }
    batchNorm(1);
    batchNorm(4);
    loss("mean squared error", Loss.Kind.MSE);
    loss("cross entropy", Loss.Kind.CROSS_ENTROPY);
    loss("temporal efficient training", Loss.Kind.TET);
    elementwise();
    mixedLoss("mean squared error", Loss.Kind.MSE);
    mixedLoss("cross entropy", Loss.Kind.CROSS_ENTROPY);
    mixedLoss("temporal efficient training", Loss.Kind.TET);
    attention("attention", new Attention.Spec(2, 5, 12, 2, 0.125));
    attention("attention, few channels", new Attention.Spec(2, 9, 8, 4, 0.25));
  }

  private void row(
      String layer,
      String quantity,
      double step,
      Buffer input,
      Buffer gradient,
      Runnable forward,
      Buffer output,
      float[] weights) {
    float[] at = input.toArray();
    judge.judge(
        layer,
        quantity,
        step,
        at,
        gradient.toArray(),
        values -> {
          input.upload(values);
          forward.run();
          return dot(weights, output.toArray());
        });
    input.upload(at);
  }

  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private float[] normal(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return RandomNeurons.rounded(values, type);
  }

  private void convolution(String name, Convolution.Spec spec) {
    int inputs = spec.images() * spec.inHeight() * spec.inWidth() * spec.inChannels();
    int outputs = spec.images() * spec.outHeight() * spec.outWidth() * spec.outChannels();
    int weights = spec.outChannels() * spec.inChannels() * spec.kernel().area();
    ParameterLayout layout =
        device.convolutionWeightLayout(spec.inChannels(), spec.outChannels(), spec.kernel());
    try (BufferScope scope = new BufferScope(device)) {
      Convolution operation = scope.own(device.convolution(spec));
      Matrices m = new Matrices(scope, layout, inputs, outputs, weights, spec.outChannels());
      m.check(
          name,
          () -> operation.forward(m.x, m.weight, m.bias, m.y),
          () -> {
            operation.backwardData(m.gy, m.weight, m.gx);
            operation.backwardWeights(m.x, m.gy, m.gWeight, m.gBias);
          });
    }
  }

  private void linear(Linear.Spec spec) {
    ParameterLayout layout = device.linearWeightLayout(spec.in(), spec.out());
    try (BufferScope scope = new BufferScope(device)) {
      Linear operation = scope.own(device.linear(spec));
      Matrices m =
          new Matrices(
              scope,
              layout,
              spec.rows() * spec.in(),
              spec.rows() * spec.out(),
              spec.in() * spec.out(),
              spec.out());
      m.check(
          "linear",
          () -> operation.forward(m.x, m.weight, m.bias, m.y),
          () -> {
            operation.backwardData(m.gy, m.weight, m.gx);
            operation.backwardWeights(m.x, m.gy, m.gWeight, m.gBias);
          });
    }
  }

  /** The buffers of an operation with weights and a bias. */
  private final class Matrices {
    final ParameterLayout layout;
    final float[] weights;
    final float[] functional;
    final Buffer x;
    final Buffer weight;
    final Buffer bias;
    final Buffer y;
    final Buffer gx;
    final Buffer gy;
    final Buffer gWeight;
    final Buffer gBias;

    Matrices(
        BufferScope scope, ParameterLayout layout, int inputs, int outputs, int size, int biases) {
      this.layout = layout;
      weights = normal(size);
      functional = normal(outputs);
      x = scope.activationsOf(normal(inputs));
      weight = scope.of(layout.toPhysical(weights));
      bias = scope.of(normal(biases));
      y = scope.activations(outputs);
      gy = scope.activationsOf(functional);
      gx = scope.activations(inputs);
      gWeight = scope.zeros(layout.physicalSize());
      gBias = scope.zeros(biases);
    }

    void check(String name, Runnable forward, Runnable backward) {
      backward.run();
      row(name, INPUT, LINEAR_STEP, x, gx, forward, y, functional);
      row(name, "bias", LINEAR_STEP, bias, gBias, forward, y, functional);
      float[] gradient = layout.toCanonical(gWeight.toArray());
      judge.judge(
          name,
          WEIGHT,
          LINEAR_STEP,
          weights,
          gradient,
          values -> {
            weight.upload(layout.toPhysical(values));
            forward.run();
            return dot(functional, y.toArray());
          });
    }
  }

  /** Linear in each of Q, K and V. */
  private void attention(String name, Attention.Spec spec) {
    int size = Math.toIntExact(spec.size());
    float[] functional = normal(size);
    try (BufferScope scope = new BufferScope(device)) {
      Attention operation = scope.own(device.attention(spec));
      List<Buffer> qkv = new ArrayList<>();
      List<Buffer> gradients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        qkv.add(scope.activationsOf(normal(size)));
        gradients.add(scope.activations(size));
      }
      Buffer inner = scope.activations(spec.innerSize());
      Buffer y = scope.activations(size);
      operation.backward(
          new Attention.Backward(
              qkv.get(0),
              qkv.get(1),
              qkv.get(2),
              scope.activationsOf(functional),
              inner,
              gradients.get(0),
              gradients.get(1),
              gradients.get(2)));
      Attention.Forward forward =
          new Attention.Forward(qkv.get(0), qkv.get(1), qkv.get(2), inner, y);
      for (int i = 0; i < 3; i++) {
        row(
            name + ", " + "QKV".charAt(i),
            INPUT,
            LINEAR_STEP,
            qkv.get(i),
            gradients.get(i),
            () -> operation.forward(forward),
            y,
            functional);
      }
    }
  }

  private void pooling(String name, Pooling.Spec spec) {
    boolean maximum = spec.kind() == Pooling.Kind.MAX;
    int inputs = spec.images() * spec.channels() * spec.inHeight() * spec.inWidth();
    int outputs = spec.images() * spec.channels() * spec.outHeight() * spec.outWidth();
    // distinct values, further apart than the shifts: no maximum changes place; those of a window
    // also when rounded to 16 bits
    float[] values = new float[inputs];
    for (int i = 0; i < inputs; i++) {
      values[i] = 0.1f * (i * 211 % inputs - inputs / 2);
    }
    values = RandomNeurons.rounded(values, type);
    float[] functional = normal(outputs);
    try (BufferScope scope = new BufferScope(device)) {
      Pooling operation = scope.own(device.pooling(spec));
      Buffer x = scope.activationsOf(values);
      Buffer y = scope.activations(outputs);
      Buffer gx = scope.activations(inputs);
      operation.forward(x, y);
      operation.backward(x, scope.activationsOf(functional), gx);
      row(
          (maximum ? "maximum pooling" : "average pooling") + name,
          INPUT,
          maximum ? SMOOTH_STEP : LINEAR_STEP,
          x,
          gx,
          () -> operation.forward(x, y),
          y,
          functional);
    }
  }

  private void batchNorm(int repeats) {
    int n = 37;
    int channels = 5;
    String name = "batch norm" + (repeats == 1 ? "" : ", constant over T = " + repeats);
    float[] functional = normal(n * channels);
    try (BufferScope scope = new BufferScope(device)) {
      BatchNorm operation =
          scope.own(device.batchNorm(new BatchNorm.Spec(n, channels, repeats, 1e-5, 0.1)));
      BatchNorm.State state =
          new BatchNorm.State(
              scope.of(normal(channels)),
              scope.of(normal(channels)),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels),
              scope.zeros(channels));
      Buffer x = scope.activationsOf(normal(n * channels));
      Buffer y = scope.activations((long) n * channels);
      Buffer g = scope.activationsOf(functional);
      Buffer gx = scope.activations((long) n * channels);
      Buffer gGamma = scope.zeros(channels);
      Buffer gBeta = scope.zeros(channels);
      Buffer sums = scope.zeros(2L * channels);
      Runnable forward =
          () -> {
            operation.statistics(x, state);
            operation.apply(x, state, y);
          };
      forward.run();
      operation.reduce(x, g, state, sums);
      operation.backward(x, g, state, sums, gx, gGamma, gBeta);
      row(name, INPUT, SMOOTH_STEP, x, gx, forward, y, functional);
      row(name, WEIGHT, LINEAR_STEP, state.gamma(), gGamma, forward, y, functional);
      row(name, "bias", LINEAR_STEP, state.beta(), gBeta, forward, y, functional);
    }
  }

  private void loss(String name, Loss.Kind kind) {
    loss(name, new Loss.Spec(kind, 3, 4, 5), 0, 4, 2, 2);
  }

  private void mixedLoss(String name, Loss.Kind kind) {
    Loss.Objective objective = new Loss.Objective(kind, 0.1).withMixed(true);
    int[] labels = new int[12];
    Loss.mixed(
        new int[] {0, 4, 2, 2},
        new int[] {1, 4, 0, 3},
        new float[] {0.25f, 0.5f, 0.875f, 1},
        labels);
    loss(name + ", mixed labels", new Loss.Spec(objective, 3, 4, 5), labels);
  }

  private void loss(String name, Loss.Spec spec, int... ofSamples) {
    int outputs = spec.steps() * spec.batch() * spec.classes();
    try (BufferScope scope = new BufferScope(device)) {
      Loss operation = scope.own(device.loss(spec));
      Buffer output = scope.activationsOf(normal(outputs));
      Buffer labels = scope.ofInts(ofSamples);
      Buffer rate = scope.zeros((long) spec.batch() * spec.classes());
      Buffer result = scope.zeros(2);
      Buffer gOutput = scope.activations(outputs);
      operation.forward(output, labels, rate, result);
      operation.backward(output, rate, labels, gOutput);
      row(
          name,
          OUTPUT,
          // the softmax of each step bends more than that of the mean
          spec.kind() == Loss.Kind.TET ? SMOOTH_STEP : LINEAR_STEP / 2,
          output,
          gOutput,
          () -> operation.forward(output, labels, rate, result),
          result,
          new float[] {1, 0});
    }
  }

  private void elementwise() {
    int steps = 4;
    int n = 30;
    float[] functional = normal(steps * n);
    float[] few = normal(steps * n / 5);
    try (BufferScope scope = new BufferScope(device)) {
      Buffer x = scope.activationsOf(normal(steps * n));
      Buffer y = scope.activations((long) steps * n);
      Buffer g = scope.activationsOf(functional);
      Buffer gx = scope.activations((long) steps * n);
      Buffer mask = scope.activations(n);
      device.dropoutMask(mask, 0.3, 5, scope.ofInts(1, 0), 2);
      device.maskOverTime(g, mask, steps, gx);
      linearRow("dropout", x, gx, () -> device.maskOverTime(x, mask, steps, y), y, functional);
      device.leakyReadoutBackward(g, steps, 0.3, gx);
      linearRow(
          "leaky readout",
          x,
          gx,
          () -> device.leakyReadout(x, steps, 0.3, null, y, null),
          y,
          functional);
      device.channelsFirst(g, steps, 5, 6, gx);
      linearRow(
          "channels last", x, gx, () -> device.channelsLast(x, steps, 5, 6, y), y, functional);
      Buffer voted = scope.activations(few.length);
      device.voteBackward(scope.activationsOf(few), steps, n, 5, gx);
      linearRow("voting", x, gx, () -> device.vote(x, steps, n, 5, voted), voted, few);
      Buffer constant = scope.activationsOf(normal(n));
      Buffer gConstant = scope.activations(n);
      device.sumOverTime(g, steps, gConstant);
      linearRow(
          "repeat over time",
          constant,
          gConstant,
          () -> device.repeatOverTime(constant, steps, y),
          y,
          functional);
    }
  }

  private void linearRow(
      String name, Buffer x, Buffer gx, Runnable forward, Buffer y, float[] functional) {
    row(name, INPUT, LINEAR_STEP, x, gx, forward, y, functional);
  }
}
