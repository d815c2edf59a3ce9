package org.klif.optim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.Parameter;
import org.klif.nn.StoredTensor;

/**
 * An exponential moving average of a network's parameters and running statistics. After update n,
 * counted from 1, average = fma(share, value - average, average) with share = 1 - min(decay, (1 +
 * n) / (10 + n)): first values, which are far from where training goes, are soon forgotten.
 *
 * <p>The network holds either what is trained or, while it is shown, the average; the other of the
 * two is here. A swap goes through the network's gradient buffer, whose content is lost.
 */
final class MovingAverage implements AutoCloseable {
  /** A buffer of the network, and what is not in it now: the average, or what is trained. */
  private record Pair(Buffer network, Buffer other) {}

  private final Network network;
  private final double decay;
  private final BufferScope scope;
  private final Pair parameters;
  private final List<Pair> statistics = new ArrayList<>();
  private final Buffer spare;
  private boolean shown;

  /** Starts with what the network holds. */
  MovingAverage(Network network, double decay) {
    this.network = network;
    this.decay = decay;
    this.scope = new BufferScope(network.device());
    try {
      parameters = pair(network.parameterBuffer());
      long largest = 1;
      for (Buffer buffer : network.runningStatistics()) {
        statistics.add(pair(buffer));
        largest = Math.max(largest, buffer.size());
      }
      // not the gradients' memory: what a statistic left in their padding would be taken for some
      spare = scope.zeros(largest);
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  private Pair pair(Buffer buffer) {
    Pair pair = new Pair(buffer, scope.zeros(buffer.size()));
    network.device().copy(buffer, pair.other());
    return pair;
  }

  /** What the network counts in the average after an update. */
  double share(long update) {
    return 1 - Math.min(decay, (1.0 + update) / (10.0 + update));
  }

  /**
   * Takes what the network holds into the average.
   *
   * @param share 1 element, in device memory
   */
  void apply(Buffer share) {
    Device device = network.device();
    device.average(parameters.network(), share, parameters.other());
    for (Pair pair : statistics) {
      device.average(pair.network(), share, pair.other());
    }
  }

  boolean isShown() {
    return shown;
  }

  /** Makes the network hold the average, or again what is trained. */
  void swap() {
    swap(parameters, network.gradientBuffer());
    for (Pair pair : statistics) {
      swap(pair, spare.view(0, pair.network().size()));
    }
    shown = !shown;
  }

  private void swap(Pair pair, Buffer between) {
    Device device = network.device();
    device.copy(pair.network(), between);
    device.copy(pair.other(), pair.network());
    device.copy(between, pair.other());
  }

  /** What is trained, while the average is shown: all that {@link Network#storedState} has. */
  List<StoredTensor> trained(String prefix) {
    if (!shown) {
      throw new IllegalStateException("what is trained is in the network");
    }
    Map<String, Parameter> byName = new HashMap<>();
    network.parameters().forEach(parameter -> byName.put(parameter.name(), parameter));
    Iterator<Pair> left = statistics.iterator();
    List<StoredTensor> state = new ArrayList<>();
    for (StoredTensor tensor : network.storedState()) {
      Parameter parameter = byName.get(tensor.name());
      Buffer other = (parameter == null ? left.next() : parameters).other();
      state.add(
          new StoredTensor(
              prefix + tensor.name(),
              tensor.shape(),
              parameter == null ? other::toArray : () -> network.canonical(parameter, other)));
    }
    return state;
  }

  /**
   * Goes on from a checkpoint, whose average the network holds.
   *
   * @param trained all that {@link Network#load} takes
   */
  void load(Map<String, NamedTensor> trained) {
    Device device = network.device();
    device.copy(parameters.network(), parameters.other());
    statistics.forEach(pair -> device.copy(pair.network(), pair.other()));
    network.load(trained);
    shown = false;
  }

  @Override
  public void close() {
    scope.close();
  }
}
