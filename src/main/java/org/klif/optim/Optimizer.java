package org.klif.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.OptimizerStep;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.Parameter;
import org.klif.nn.SegmentOptions;
import org.klif.nn.StoredTensor;

/**
 * Updates all parameters of a network from its gradients in one fused operation; owns the moments
 * and, where activations are FLOAT16, the state of loss scaling.
 */
public final class Optimizer implements AutoCloseable {
  private static final String FIRST = "optimizer.m.";
  private static final String SECOND = "optimizer.v.";

  private static final String LOSS_SCALE = "optimizer.loss-scale";

  private final Network network;
  private final BufferScope scope;
  private final OptimizerStep operation;
  private final Buffer first;
  private final @Nullable Buffer second;
  private final @Nullable Buffer lossScale;
  private final Buffer schedule;
  private final float[] scheduleValues = new float[OptimizerStep.SCHEDULE_SIZE];
  private long steps;

  /** An optimizer with zero moments. */
  public Optimizer(Network network, OptimizerOptions options) {
    this.network = network;
    Device device = network.device();
    long size = network.parameterBuffer().size();
    scope = new BufferScope(device);
    try {
      operation =
          scope.own(
              device.optimizerStep(
                  new OptimizerStep.Spec(
                      options.rule(),
                      options.momentum(),
                      options.beta2(),
                      options.eps(),
                      options.clipNorm(),
                      network.segments(
                          new SegmentOptions(options.weightDecay(), options.neuronRateFactor())))));
      first = scope.zeros(size);
      second = options.rule() == OptimizerStep.Rule.SGD ? null : scope.zeros(size);
      schedule = scope.zeros(OptimizerStep.SCHEDULE_SIZE);
      lossScale =
          device.activationType() == DType.FLOAT16
              ? scope.of(OptimizerStep.LARGEST_SCALE, 0, 0)
              : null;
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /** One update with that learning rate, from the gradients in the network's gradient buffer. */
  public void step(double learningRate) {
    upload(learningRate);
    apply();
  }

  /** Counts a step and brings its number and learning rate to the device, ahead of its work. */
  public void upload(double learningRate) {
    steps++;
    scheduleValues[OptimizerStep.LEARNING_RATE] = (float) learningRate;
    scheduleValues[OptimizerStep.STEP] = steps;
    schedule.upload(scheduleValues);
  }

  /**
   * The update itself: work on buffers only, so that it can be captured. Norm and loss scale go to
   * the network's {@link Network#readings}.
   */
  public void apply() {
    operation.step(
        network.parameterBuffer(),
        network.gradientBuffer(),
        first,
        second,
        schedule,
        network.readings().gradientNorm(),
        lossScale);
    if (lossScale != null) {
      network.device().copy(lossScale, network.readings().lossScale());
    }
  }

  /**
   * The scale of the loss, for {@link org.klif.device.Loss#backward}; null where nothing is scaled.
   */
  public @Nullable Buffer lossScale() {
    return lossScale;
  }

  /** Steps done so far, those included that loss scaling skipped. */
  public long stepCount() {
    return steps;
  }

  /**
   * The moments in canonical order: {@code optimizer.m.<parameter>} (momentum, or Adam's m) and
   * {@code optimizer.v.<parameter>} (Adam's v); with loss scaling also {@code
   * optimizer.loss-scale}. {@link #stepCount} belongs to it.
   */
  public Map<String, NamedTensor> state() {
    Map<String, NamedTensor> state = new LinkedHashMap<>();
    for (StoredTensor tensor : storedState()) {
      state.put(tensor.name(), tensor.download());
    }
    return state;
  }

  /** As {@link #state}, one tensor at a time, each downloaded when it is asked for. */
  public List<StoredTensor> storedState() {
    List<StoredTensor> state = new ArrayList<>();
    for (Parameter parameter : network.parameters()) {
      add(state, FIRST, parameter, first);
      add(state, SECOND, parameter, second);
    }
    if (lossScale != null) {
      state.add(
          new StoredTensor(
              LOSS_SCALE, new int[] {OptimizerStep.LOSS_SCALE_SIZE}, lossScale::toArray));
    }
    return state;
  }

  private void add(
      List<StoredTensor> state, String prefix, Parameter parameter, @Nullable Buffer moments) {
    if (moments != null) {
      state.add(
          new StoredTensor(
              prefix + parameter.name(),
              parameter.shape(),
              () -> network.canonical(parameter, moments)));
    }
  }

  /**
   * Sets moments, loss scale and step count; nothing changes when one does not fit. A state that
   * has a loss scale can be loaded where nothing is scaled: the run goes on in another precision.
   *
   * @throws KlifException naming the tensor that is missing, unknown or of another shape
   */
  public void load(Map<String, NamedTensor> state, long stepCount) {
    Map<String, NamedTensor> left = new LinkedHashMap<>(state);
    for (Parameter parameter : network.parameters()) {
      check(left.remove(FIRST + parameter.name()), FIRST, parameter);
      if (second != null) {
        NamedTensor squares = left.remove(SECOND + parameter.name());
        check(squares, SECOND, parameter);
        requireNotNegative(squares, SECOND + parameter.name());
      }
    }
    NamedTensor scaling = left.remove(LOSS_SCALE);
    if (scaling != null && scaling.data().length != OptimizerStep.LOSS_SCALE_SIZE) {
      throw mismatch(LOSS_SCALE + " has " + scaling.data().length + " elements");
    }
    if (scaling != null) {
      requireNotNegative(scaling, LOSS_SCALE);
    }
    if (!left.isEmpty()) {
      throw mismatch(
          "it holds %s, which this optimizer does not have"
              .formatted(left.keySet().iterator().next()));
    }
    for (Parameter parameter : network.parameters()) {
      network.setFlat(parameter, first, state.get(FIRST + parameter.name()).data());
      if (second != null) {
        network.setFlat(parameter, second, state.get(SECOND + parameter.name()).data());
      }
    }
    if (lossScale != null) {
      lossScale.upload(
          scaling == null ? new float[] {OptimizerStep.LARGEST_SCALE, 0, 0} : scaling.data());
    }
    steps = stepCount;
  }

  private static void check(NamedTensor tensor, String prefix, Parameter parameter) {
    if (tensor == null) {
      throw mismatch(prefix + parameter.name() + " is missing");
    }
    if (!Arrays.equals(tensor.shape(), parameter.shape())) {
      throw mismatch(
          "%s has shape %s there and %s here"
              .formatted(
                  prefix + parameter.name(),
                  Arrays.toString(tensor.shape()),
                  Arrays.toString(parameter.shape())));
    }
  }

  /** Means of squares, and counts. */
  private static void requireNotNegative(NamedTensor tensor, String name) {
    for (int i = 0; i < tensor.data().length; i++) {
      if (!(tensor.data()[i] >= 0)) {
        throw new KlifException(
            "element %d of %s is %s, and it cannot be below 0"
                .formatted(i, name, tensor.data()[i]));
      }
    }
  }

  private static KlifException mismatch(String what) {
    return new KlifException("this is a checkpoint of another optimizer: " + what);
  }

  @Override
  public void close() {
    scope.close();
  }
}
