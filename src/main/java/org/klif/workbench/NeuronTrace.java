package org.klif.workbench;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.List;
import java.util.stream.IntStream;
import org.klif.device.Device;
import org.klif.neuron.Neuron;

/**
 * What one neuron did under a current, at each time step.
 *
 * @param neuron its name, for headings
 * @param input the current
 * @param states each state after the step, by name, the membrane potential first
 * @param argument u of the step's last {@code spike(u)}: the neuron fires where it is at or above 0
 * @param spikes 1 where it fired
 */
public record NeuronTrace(
    String neuron,
    ImmutableDoubleArray input,
    List<Line> states,
    ImmutableDoubleArray argument,
    ImmutableDoubleArray spikes) {

  /** A number over time, with its name. */
  public record Line(String name, ImmutableDoubleArray values) {}

  /** Checks that all have the same steps. */
  public NeuronTrace {
    states = List.copyOf(states);
    if (argument.length() != input.length()
        || spikes.length() != input.length()
        || states.stream().anyMatch(line -> line.values().length() != input.length())) {
      throw new IllegalArgumentException("a trace has one number for each step");
    }
  }

  /** One neuron under a current, from the file's initial values, on a device. */
  public static NeuronTrace of(Device device, Neuron.Custom neuron, Current current) {
    return NeuronSteps.trace(device, neuron, neuron.model().initialNumbers(1), current);
  }

  /** Number of time steps. */
  public int steps() {
    return input.length();
  }

  /** The steps at which it fired, counted from 1. */
  public List<Integer> spikeSteps() {
    return IntStream.range(0, steps())
        .filter(t -> spikes.get(t) > 0.5)
        .mapToObj(t -> t + 1)
        .toList();
  }
}
