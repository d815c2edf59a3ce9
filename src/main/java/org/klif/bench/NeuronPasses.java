package org.klif.bench;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/** The two passes of a {@link NeuronBenchmark} on its random input, ready to run. */
final class NeuronPasses implements AutoCloseable {
  private static final double MEAN_INPUT = 0.6;

  private final Device device;
  private final BufferScope scope;
  private final NeuronUnit unit;
  private final NeuronUnit.Forward forward;
  private final NeuronUnit.Backward backward;

  NeuronPasses(Device device, NeuronBenchmark benchmark) {
    this.device = device;
    this.scope = new BufferScope(device);
    try {
      Neuron neuron = benchmark.neuron();
      ActivationShape shape =
          new ActivationShape(benchmark.steps(), false, 1, (int) benchmark.neurons(), 1, 1);
      unit = scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer parameter = parameter(neuron);
      Noise noise = new Noise(1);
      Buffer x = scope.zeros(shape.elements());
      noise.fill(x, MEAN_INPUT, 1);
      Buffer gSpikes = scope.zeros(shape.elements());
      noise.fill(gSpikes, 0, 1);
      forward = NeuronUnit.Forward.of(x, parameter, scope.zeros(shape.elements()), null);
      backward =
          new NeuronUnit.Backward(
              forward,
              gSpikes,
              null,
              scope.zeros(shape.elements()),
              null,
              parameter == null ? null : scope.zeros(parameter.size()),
              null,
              null);
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /** The forward pass; returns its nanoseconds. */
  long forward() {
    long begin = System.nanoTime();
    unit.forward(forward);
    device.synchronize();
    return System.nanoTime() - begin;
  }

  /** The backward pass; returns its nanoseconds. */
  long backward() {
    long begin = System.nanoTime();
    unit.backward(backward);
    device.synchronize();
    return System.nanoTime() - begin;
  }

  private @Nullable Buffer parameter(Neuron neuron) {
    if (neuron instanceof Neuron.Klif klif) {
      return scope.of((float) klif.k());
    }
    return neuron instanceof Neuron.Plif plif ? scope.of((float) plif.w()) : null;
  }

  @Override
  public void close() {
    scope.close();
  }
}
