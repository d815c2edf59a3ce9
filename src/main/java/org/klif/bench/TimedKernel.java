package org.klif.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.device.OptimizerStep;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/**
 * One operation on random data, ready to run.
 *
 * @param operation its name, for people
 * @param steps T, or 0 where there is no time
 * @param elements neurons of one time step; without time, elements
 * @param type of the activations, or of the only data it works on
 * @param bytes memory traffic that it cannot do without
 * @param work gives it to the device, once
 */
record TimedKernel(
    String operation, int steps, long elements, DType type, double bytes, Runnable work) {
  /** Of fused units and batch norms: those of the paper's networks. */
  static final int CHANNELS = 128;

  private static final double MEAN_INPUT = 0.6;
  private static final long DRAWN = 1L << 18;
  private static final double LEARNING_RATE = 1e-3;

  /** Parameters, gradients and both moments are read; parameters and moments are written. */
  private static final int ADAM_BYTES = 28;

  /**
   * A sequence of neurons without anything around it. Forward reads x and writes the spikes;
   * backward reads x and the gradient of the spikes and writes the gradient of x.
   */
  static List<TimedKernel> neuron(BufferScope scope, Neuron neuron, int time, long size) {
    return neurons(scope, neuron, time, size, false);
  }

  /**
   * The fused unit: batch norm's affine and neurons, with the reductions that batch norm's backward
   * pass needs. The same bytes as neurons alone.
   */
  static List<TimedKernel> unit(BufferScope scope, Neuron neuron, int time, long size) {
    return neurons(scope, neuron, time, size, true);
  }

  private static List<TimedKernel> neurons(
      BufferScope scope, Neuron neuron, int time, long size, boolean normalized) {
    Device device = scope.device();
    ActivationShape shape =
        new ActivationShape(time, false, 1, CHANNELS, 1, Math.toIntExact(size / CHANNELS));
    NeuronUnit unit =
        scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, normalized, null, false)));
    Buffer parameter = parameter(scope, neuron);
    BatchNorm.State norm = normalized ? state(scope) : null;
    NeuronUnit.Forward plain =
        NeuronUnit.Forward.of(
            noise(scope, time * size, MEAN_INPUT), parameter, scope.activations(time * size), null);
    NeuronUnit.Forward forward =
        norm == null ? plain : plain.normalized(norm.scale(), norm.shift());
    NeuronUnit.Backward backward =
        new NeuronUnit.Backward(
            forward,
            noise(scope, time * size, 0),
            null,
            scope.activations(time * size),
            null,
            parameter == null ? null : scope.zeros(parameter.size()),
            norm,
            normalized ? scope.zeros(2L * CHANNELS) : null);
    String name = normalized ? "fused unit" : "neuron";
    DType type = device.activationType();
    double tensor = (double) type.bytes() * time * size;
    return List.of(
        new TimedKernel(
            name + " forward", time, size, type, 2 * tensor, () -> unit.forward(forward)),
        new TimedKernel(
            name + " backward", time, size, type, 3 * tensor, () -> unit.backward(backward)));
  }

  /** Statistics read x; reduce reads x and g; backward reads x and g and writes gx. */
  static List<TimedKernel> batchNorm(BufferScope scope, long size) {
    Device device = scope.device();
    BatchNorm norm =
        scope.own(device.batchNorm(new BatchNorm.Spec(size / CHANNELS, CHANNELS, 1, 1e-5, 0.1)));
    Buffer x = noise(scope, size, MEAN_INPUT);
    Buffer g = noise(scope, size, 0);
    Buffer gx = scope.activations(size);
    BatchNorm.State state = state(scope);
    Buffer sums = scope.zeros(2L * CHANNELS);
    Buffer gGamma = scope.zeros(CHANNELS);
    Buffer gBeta = scope.zeros(CHANNELS);
    DType type = device.activationType();
    double tensor = (double) type.bytes() * size;
    List<TimedKernel> kernels = new ArrayList<>();
    kernels.add(
        new TimedKernel(
            "batch norm statistics", 0, size, type, tensor, () -> norm.statistics(x, state)));
    kernels.add(
        new TimedKernel(
            "batch norm reduce", 0, size, type, 2 * tensor, () -> norm.reduce(x, g, state, sums)));
    kernels.add(
        new TimedKernel(
            "batch norm backward",
            0,
            size,
            type,
            3 * tensor,
            () -> norm.backward(x, g, state, sums, gx, gGamma, gBeta)));
    return kernels;
  }

  /** Adam over one segment, float32. */
  static List<TimedKernel> optimizer(BufferScope scope, long size) {
    OptimizerStep step =
        scope.own(
            scope
                .device()
                .optimizerStep(
                    new OptimizerStep.Spec(
                        OptimizerStep.Rule.ADAM,
                        0.9,
                        0.999,
                        1e-8,
                        0,
                        List.of(new OptimizerStep.Segment(0, size, 1, 0, 0)))));
    Buffer parameters = floats(scope, size);
    Buffer gradients = floats(scope, size);
    Buffer first = scope.zeros(size);
    Buffer second = scope.zeros(size);
    Buffer schedule = scope.of((float) LEARNING_RATE, 1);
    Buffer norm = scope.zeros(1);
    return List.of(
        new TimedKernel(
            "optimizer (Adam)",
            0,
            size,
            DType.FLOAT32,
            (double) ADAM_BYTES * size,
            () -> step.step(parameters, gradients, first, second, schedule, norm, null)));
  }

  /** Copy of float32: read and written. */
  static List<TimedKernel> copy(BufferScope scope, long size) {
    Device device = scope.device();
    Buffer from = scope.zeros(size);
    Buffer to = scope.zeros(size);
    // memory that was never written may be one shared page of zeros
    device.fill(from, 1);
    device.fill(to, 2);
    double bytes = 2.0 * DType.FLOAT32.bytes() * size;
    return List.of(
        new TimedKernel("copy", 0, size, DType.FLOAT32, bytes, () -> device.copy(from, to)));
  }

  /** The first value of a built-in neuron's k or w. */
  static @Nullable Buffer parameter(BufferScope scope, Neuron neuron) {
    if (neuron instanceof Neuron.Klif klif) {
      return scope.of((float) klif.k());
    }
    return neuron instanceof Neuron.Plif plif ? scope.of((float) plif.w()) : null;
  }

  private static BatchNorm.State state(BufferScope scope) {
    return new BatchNorm.State(
        constant(scope, 1),
        constant(scope, 0),
        constant(scope, 0),
        constant(scope, 1),
        constant(scope, 0),
        constant(scope, 1),
        constant(scope, 1),
        constant(scope, 0));
  }

  private static Buffer constant(BufferScope scope, float value) {
    Buffer buffer = scope.zeros(CHANNELS);
    scope.device().fill(buffer, value);
    return buffer;
  }

  private static Buffer floats(BufferScope scope, long size) {
    Buffer buffer = scope.zeros(size);
    fill(scope.device(), buffer, 0);
    return buffer;
  }

  private static Buffer noise(BufferScope scope, long size, double mean) {
    Buffer buffer = scope.activations(size);
    fill(scope.device(), buffer, mean);
    return buffer;
  }

  /** N(mean, 1): the first elements are drawn and uploaded, the others are copies of these. */
  private static void fill(Device device, Buffer buffer, double mean) {
    long filled = Math.min(buffer.size(), DRAWN);
    new Noise(1).fill(buffer.view(0, filled), mean, 1);
    while (filled < buffer.size()) {
      long more = Math.min(filled, buffer.size() - filled);
      device.copy(buffer.view(0, more), buffer.view(filled, more));
      filled += more;
    }
  }
}
