package org.klif.bench;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/** The two passes of a {@link NeuronBenchmark} on its random input, ready to run. */
final class NeuronPasses implements AutoCloseable {
  private static final double MEAN_INPUT = 0.6;

  /** Of a user's neuron, where the number of neurons is a multiple of it. */
  private static final int CHANNELS = 128;

  /** On a device that works on its own, as a launch and the wait for it take longer than a pass. */
  private static final int LAUNCHES = 20;

  private final Device device;
  private final BufferScope scope;
  private final NeuronUnit unit;
  private final NeuronUnit.Forward forward;
  private final NeuronUnit.Backward backward;
  private final int launches;
  private final CapturedWork forwardPasses;
  private final CapturedWork backwardPasses;

  NeuronPasses(Device device, NeuronBenchmark benchmark) {
    this.device = device;
    this.scope = new BufferScope(device);
    try {
      ActivationShape shape = shape(benchmark);
      Noise noise = new Noise(1);
      Buffer x = scope.activations(shape.elements());
      noise.fill(x, MEAN_INPUT, 1);
      Buffer gSpikes = scope.activations(shape.elements());
      noise.fill(gSpikes, 0, 1);
      Buffer spikes = scope.activations(shape.elements());
      Buffer gx = scope.activations(shape.elements());
      unit = unit(benchmark);
      forward = NeuronUnit.Forward.of(x, parameter(benchmark), spikes, null);
      backward = backward(gSpikes, gx);
      launches = device.stepsAhead() > 0 ? LAUNCHES : 1;
      forwardPasses = scope.own(device.capture(this::forwards));
      backwardPasses = scope.own(device.capture(this::backwards));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /**
   * Another neuron's passes in the memory of these: where memory lies makes some percent of
   * difference, which would look like one between the neurons.
   */
  NeuronPasses(NeuronPasses memory, NeuronBenchmark benchmark) {
    this.device = memory.device;
    this.scope = new BufferScope(device);
    try {
      unit = unit(benchmark);
      forward =
          NeuronUnit.Forward.of(
              memory.forward.x(), parameter(benchmark), memory.forward.spikes(), null);
      backward = backward(memory.backward.gSpikes(), memory.backward.gx());
      launches = memory.launches;
      forwardPasses = scope.own(device.capture(this::forwards));
      backwardPasses = scope.own(device.capture(this::backwards));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  private static ActivationShape shape(NeuronBenchmark benchmark) {
    int neurons = (int) benchmark.neurons();
    // numbers per channel as in a convolution, where each stands for many neurons
    int channels =
        benchmark.neuron() instanceof Neuron.Custom
            ? Math.min(CHANNELS, Integer.lowestOneBit(neurons))
            : neurons;
    return new ActivationShape(benchmark.steps(), false, neurons / channels, channels, 1, 1);
  }

  private NeuronUnit unit(NeuronBenchmark benchmark) {
    return scope.own(
        device.neuronUnit(
            new NeuronUnit.Spec(benchmark.neuron(), shape(benchmark), false, null, false)));
  }

  private NeuronUnit.Backward backward(Buffer gSpikes, Buffer gx) {
    Buffer parameter = forward.parameter();
    return new NeuronUnit.Backward(
        forward,
        gSpikes,
        null,
        gx,
        null,
        parameter == null ? null : scope.zeros(parameter.size()),
        null,
        null);
  }

  private void forwards() {
    for (int i = 0; i < launches; i++) {
      unit.forward(forward);
    }
  }

  private void backwards() {
    for (int i = 0; i < launches; i++) {
      unit.backward(backward);
    }
  }

  /** The forward pass; returns its nanoseconds. */
  long forward() {
    return nanos(forwardPasses);
  }

  /** The backward pass; returns its nanoseconds. */
  long backward() {
    return nanos(backwardPasses);
  }

  private long nanos(CapturedWork passes) {
    long begin = System.nanoTime();
    passes.run();
    device.synchronize();
    return (System.nanoTime() - begin) / launches;
  }

  private @Nullable Buffer parameter(NeuronBenchmark benchmark) {
    Neuron neuron = benchmark.neuron();
    if (neuron instanceof Neuron.Custom custom && neuron.hasParameter()) {
      return scope.of(custom.model().initialNumbers(shape(benchmark).channels()));
    }
    return TimedKernel.parameter(scope, neuron);
  }

  @Override
  public void close() {
    scope.close();
  }
}
