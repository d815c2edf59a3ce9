package org.klif.device;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.klif.neuron.NeuronOptions;
import org.klif.tensor.ActivationShape;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** {@link NeuronUnit}: milliseconds of one pass over a sequence; divide by neurons * T. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class NeuronUnitBenchmark {
  @Param({"klif", "lif", "plif", "if"})
  String neuron = "klif";

  @Param("1048576")
  int neurons;

  @Param({"2", "8", "32"})
  int steps;

  private Device device;
  private NeuronUnit unit;
  private NeuronUnit.Forward forward;
  private NeuronUnit.Backward backward;

  /** Plans the unit and fills its input. */
  @Setup
  public void plan() {
    device = Devices.open("auto", DeviceOptions.defaults());
    NeuronOptions options = NeuronOptions.of(neuron);
    ActivationShape shape = new ActivationShape(steps, false, 1, neurons, 1, 1);
    unit = device.neuronUnit(new NeuronUnit.Spec(options.neuron(), shape, false, null, false));
    Buffer x = random(shape.elements());
    Buffer parameter = options.neuron().hasParameter() ? device.allocate(1) : null;
    if (parameter != null) {
      device.fill(parameter, neuron.equals("klif") ? 1 : 0);
    }
    Buffer spikes = device.allocate(shape.elements());
    forward = NeuronUnit.Forward.of(x, parameter, spikes, null);
    backward =
        new NeuronUnit.Backward(
            forward,
            random(shape.elements()),
            null,
            device.allocate(shape.elements()),
            null,
            parameter == null ? null : device.allocate(1),
            null,
            null);
  }

  /** One pass over x, all T. */
  @Benchmark
  public void forward() {
    unit.forward(forward);
    device.synchronize();
  }

  /** One pass over x and the spikes' gradient, last step first. */
  @Benchmark
  public void backward() {
    unit.backward(backward);
    device.synchronize();
  }

  /** Closes the device; the process ends after it. */
  @TearDown
  public void close() {
    unit.close();
    device.close();
  }

  private Buffer random(long size) {
    return RandomBuffers.normal(device, size, new Random(1));
  }
}
