package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.tensor.ActivationShape;

/**
 * A layer of a user's neuron that is advanced step by step, so that all its states can be seen.
 * Each step is the device's own kernel with T = 1.
 */
public final class NeuronSteps implements AutoCloseable {
  private final NeuronModel model;
  private final BufferScope scope;
  private final NeuronUnit unit;
  private final NeuronUnit.Forward first;
  private final NeuronUnit.Forward later;
  private final Buffer states;
  private final int neurons;
  private boolean begun;

  /**
   * Plans it.
   *
   * @param layer its shape, whose steps do not count
   * @param raw learned numbers before their constraints, laid out as {@link NeuronModel#offset}
   *     says
   */
  NeuronSteps(Device device, Neuron.Custom neuron, ActivationShape layer, float[] raw) {
    ActivationShape shape =
        new ActivationShape(
            1, false, layer.batch(), layer.channels(), layer.height(), layer.width());
    this.model = neuron.model();
    this.neurons = shape.batch() * shape.features();
    scope = new BufferScope(device);
    try {
      unit = scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      Buffer parameter = raw.length == 0 ? null : scope.of(raw);
      states = scope.zeros((long) model.states().size() * neurons);
      first = buffers(parameter).streaming(null, states);
      later =
          new NeuronUnit.Forward(
              first.x(),
              null,
              null,
              parameter,
              states,
              first.spikes(),
              states,
              first.charged(),
              first.potential(),
              null);
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  private NeuronUnit.Forward buffers(@Nullable Buffer parameter) {
    return NeuronUnit.Forward.of(scope.zeros(neurons), parameter, scope.zeros(neurons), null)
        .traced(scope.zeros(neurons), scope.zeros(neurons));
  }

  /** Starts again, from the file's initial values. */
  void restart() {
    begun = false;
  }

  /** Starts again, from these states: S planes of all neurons. */
  void restart(float[] initial) {
    states.upload(initial);
    begun = true;
  }

  /** One step of all neurons under their currents. */
  void advance(float[] x) {
    NeuronUnit.Forward io = begun ? later : first;
    io.x().upload(x);
    unit.forward(io);
    begun = true;
  }

  /** The states now: S planes of all neurons. */
  float[] states() {
    return states.toArray();
  }

  /** The spikes of the last step. */
  float[] spikes() {
    return first.spikes().toArray();
  }

  /** u of the last step's spike(u). */
  float[] arguments() {
    Buffer charged = first.charged();
    if (charged == null) {
      throw new IllegalStateException("a traced unit has its argument");
    }
    return charged.toArray();
  }

  /** One neuron under a current. */
  static NeuronTrace trace(Device device, Neuron.Custom neuron, float[] raw, Current current) {
    NeuronModel model = neuron.model();
    int steps = current.steps();
    double[][] states = new double[model.states().size()][steps];
    double[] argument = new double[steps];
    double[] spikes = new double[steps];
    try (NeuronSteps one =
        new NeuronSteps(device, neuron, new ActivationShape(1, false, 1, 1, 1, 1), raw)) {
      for (int t = 0; t < steps; t++) {
        one.advance(new float[] {(float) current.values().get(t)});
        float[] now = one.states();
        for (int s = 0; s < now.length; s++) {
          states[s][t] = now[s];
        }
        argument[t] = one.arguments()[0];
        spikes[t] = one.spikes()[0];
      }
    }
    List<NeuronTrace.Line> lines = new ArrayList<>();
    for (int s = 0; s < states.length; s++) {
      lines.add(
          new NeuronTrace.Line(
              model.states().get(s).name(), ImmutableDoubleArray.copyOf(states[s])));
    }
    return new NeuronTrace(
        model.name(),
        current.values(),
        lines,
        ImmutableDoubleArray.copyOf(argument),
        ImmutableDoubleArray.copyOf(spikes));
  }

  @Override
  public void close() {
    scope.close();
  }
}
