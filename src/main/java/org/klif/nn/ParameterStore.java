package org.klif.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.ParameterLayout;

/**
 * All tensors of a network that live as long as it: parameters in one flat buffer, gradients in
 * another, running statistics, and small memory of layers.
 */
final class ParameterStore implements AutoCloseable {
  /** Each parameter starts at a multiple of so many elements, a cache line. */
  private static final int ALIGNMENT = 16;

  private record Running(String name, Buffer buffer, float least) {}

  private final Device device;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<Supplier<float[]>> firstValues = new ArrayList<>();
  private final List<NeuronParameters> views = new ArrayList<>();
  private final List<Running> running = new ArrayList<>();
  private final List<String> stateOrder = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private long size;
  private Buffer values;
  private Buffer gradients;

  ParameterStore(Device device) {
    this.device = device;
  }

  static long padded(long elements) {
    return (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /**
   * Adds a parameter.
   *
   * @param first its first values, canonical; asked for when the store is finished, so that those
   *     of one parameter at a time are in memory
   */
  Parameter add(
      String name,
      int[] shape,
      Parameter.Group group,
      ParameterLayout layout,
      Parameter.Bounds bounds,
      Supplier<float[]> first) {
    Parameter parameter = new Parameter(name, shape, group, layout, bounds, size);
    size += padded(layout.physicalSize());
    parameters.add(parameter);
    firstValues.add(first);
    stateOrder.add(name);
    return parameter;
  }

  /**
   * Parameters that were added one after the other, as the one view that a neuron unit takes.
   *
   * @param size elements from the first parameter's first
   */
  NeuronParameters together(List<Parameter> together, long size) {
    NeuronParameters one = new NeuronParameters(together, size);
    views.add(one);
    return one;
  }

  /**
   * Adds running statistics: part of the state, not learned.
   *
   * @param least what none of them can be below
   */
  Buffer addRunning(String name, int channels, float first, float least) {
    Buffer buffer = memory(channels);
    device.fill(buffer, first);
    running.add(new Running(name, buffer, least));
    stateOrder.add(name);
    return buffer;
  }

  /** Memory that is closed with the network. */
  Buffer memory(long elements) {
    return own(device.allocate(elements));
  }

  Buffer own(Buffer buffer) {
    buffers.add(buffer);
    return buffer;
  }

  /** Allocates the flat buffers and uploads the first values; nothing can be added afterwards. */
  void finish() {
    // a network without parameters has one view of zeros: no null to think of
    values = own(device.allocateParameters(Math.max(size, ALIGNMENT)));
    gradients = memory(Math.max(size, ALIGNMENT));
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get(i).bind(values, gradients);
      parameters.get(i).set(firstValues.get(i).get());
    }
    firstValues.clear();
    views.forEach(one -> one.bind(values, gradients));
  }

  List<Parameter> parameters() {
    return parameters;
  }

  Buffer values() {
    return values;
  }

  Buffer gradients() {
    return gradients;
  }

  List<Buffer> runningStatistics() {
    return running.stream().map(Running::buffer).toList();
  }

  Map<String, NamedTensor> state() {
    Map<String, NamedTensor> state = new LinkedHashMap<>();
    for (StoredTensor tensor : storedState()) {
      state.put(tensor.name(), tensor.download());
    }
    return state;
  }

  List<StoredTensor> storedState() {
    return stateOrder.stream().map(this::tensor).toList();
  }

  private StoredTensor tensor(String name) {
    for (Parameter parameter : parameters) {
      if (parameter.name().equals(name)) {
        return new StoredTensor(name, parameter.shape(), parameter::values);
      }
    }
    Buffer buffer = statistics(name);
    return new StoredTensor(name, new int[] {Math.toIntExact(buffer.size())}, buffer::toArray);
  }

  private Buffer statistics(String name) {
    return running.stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow()
        .buffer();
  }

  /** Checks everything before it changes anything. */
  void load(Map<String, NamedTensor> state) {
    for (String name : state.keySet()) {
      if (!stateOrder.contains(name)) {
        throw mismatch("it holds " + name + ", which this network does not have");
      }
    }
    for (Parameter parameter : parameters) {
      check(state, parameter.name(), parameter.shape());
    }
    for (Running one : running) {
      check(state, one.name(), new int[] {Math.toIntExact(one.buffer().size())});
      requireAtLeast(one, state.get(one.name()).data());
    }
    for (Parameter parameter : parameters) {
      parameter.set(state.get(parameter.name()).data());
    }
    for (Running one : running) {
      one.buffer().upload(state.get(one.name()).data());
    }
  }

  private static void requireAtLeast(Running one, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= one.least())) {
        throw new KlifException(
            "element %d of %s is %s, and it cannot be below %s"
                .formatted(i, one.name(), values[i], one.least()));
      }
    }
  }

  private static void check(Map<String, NamedTensor> state, String name, int[] shape) {
    NamedTensor tensor = state.get(name);
    if (tensor == null) {
      throw mismatch(name + " is missing");
    }
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw mismatch(
          "%s has shape %s there and %s here"
              .formatted(name, Arrays.toString(tensor.shape()), Arrays.toString(shape)));
    }
  }

  private static KlifException mismatch(String what) {
    return new KlifException("this is a checkpoint of another network: " + what);
  }

  @Override
  public void close() {
    for (int i = buffers.size() - 1; i >= 0; i--) {
      buffers.get(i).close();
    }
    buffers.clear();
  }
}
