package org.klif.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
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
 * Updates all parameters of a network from its gradients in one fused operation; owns the moments,
 * the moving average where there is one and, where activations are FLOAT16, the state of loss
 * scaling.
 */
public final class Optimizer implements AutoCloseable {
  private static final String FIRST = "optimizer.m.";
  private static final String SECOND = "optimizer.v.";

  /** With a moving average, which has the network's own names, what is trained. */
  private static final String TRAINED = "optimizer.trained.";

  private static final String LOSS_SCALE = "optimizer.loss-scale";

  /** Behind the schedule of {@link OptimizerStep}: what an update counts in the average. */
  private static final int SHARE = OptimizerStep.SCHEDULE_SIZE;

  private final Network network;
  private final BufferScope scope;
  private final OptimizerOptions options;
  private OptimizerStep operation;
  private final Buffer first;
  private final @Nullable Buffer second;
  private final @Nullable Buffer lossScale;
  private final @Nullable MovingAverage average;
  private final Buffer stepValues;
  private final Buffer schedule;
  private final Buffer share;
  private final float[] values = new float[SHARE + 1];
  private long steps;

  /** An optimizer with zero moments. */
  public Optimizer(Network network, OptimizerOptions options) {
    this.network = network;
    this.options = options;
    Device device = network.device();
    long size = network.parameterBuffer().size();
    scope = new BufferScope(device);
    try {
      operation = operation(Set.of());
      first = scope.zeros(size);
      second = options.rule() == OptimizerStep.Rule.SGD ? null : scope.zeros(size);
      stepValues = scope.zeros(values.length);
      schedule = stepValues.view(0, OptimizerStep.SCHEDULE_SIZE);
      share = stepValues.view(SHARE, 1);
      average = options.ema() == 0 ? null : scope.own(new MovingAverage(network, options.ema()));
      lossScale =
          device.activationType() == DType.FLOAT16
              ? scope.of(OptimizerStep.LARGEST_SCALE, 0, 0)
              : null;
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  private OptimizerStep operation(Set<String> frozen) {
    return scope.own(
        network
            .device()
            .optimizerStep(
                new OptimizerStep.Spec(
                    options.rule(),
                    options.momentum(),
                    options.nesterov(),
                    options.beta2(),
                    options.eps(),
                    options.clipNorm(),
                    network.segments(
                        new SegmentOptions(
                            options.weightDecay(),
                            options.decayAll(),
                            options.neuronRateFactor(),
                            frozen)))));
  }

  /**
   * Parameters that stay as they are from now on; all others are trained. Work that was captured
   * with {@link #apply} is to be captured again.
   */
  public void freeze(Set<String> names) {
    operation = operation(names);
  }

  /** One update with that learning rate, from the gradients in the network's gradient buffer. */
  public void step(double learningRate) {
    upload(learningRate);
    apply();
  }

  /** Counts a step and brings its number and learning rate to the device, ahead of its work. */
  public void upload(double learningRate) {
    steps++;
    values[OptimizerStep.LEARNING_RATE] = (float) learningRate;
    values[OptimizerStep.STEP] = steps;
    values[SHARE] = average == null ? 0 : (float) average.share(steps);
    stepValues.upload(values);
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
    if (average != null) {
      average.apply(share);
    }
  }

  /**
   * Does something with the moving average in the network's place, where there is one: to test it,
   * or to write it down. The gradients are lost.
   */
  public void withAverage(Runnable work) {
    withAverage(
        () -> {
          work.run();
          return true;
        });
  }

  /** As {@link #withAverage(Runnable)}, with a result. */
  public <T> T withAverage(Supplier<T> work) {
    if (average == null || average.isShown()) {
      return work.get();
    }
    average.swap();
    try {
      return work.get();
    } finally {
      average.swap();
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
   * optimizer.loss-scale}; with a moving average, within {@link #withAverage} only, {@code
   * optimizer.trained.<name>} for all that the network's state has. {@link #stepCount} belongs to
   * it.
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
    if (average != null) {
      state.addAll(average.trained(TRAINED));
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
   * With a moving average the network holds that of the state, and holds what is trained then.
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
    Map<String, NamedTensor> trained = new LinkedHashMap<>();
    if (average != null) {
      for (StoredTensor tensor : network.storedState()) {
        NamedTensor stored = left.remove(TRAINED + tensor.name());
        if (stored == null) {
          throw mismatch(TRAINED + tensor.name() + " is missing");
        }
        trained.put(tensor.name(), stored);
      }
    }
    if (!left.isEmpty()) {
      throw mismatch(
          "it holds %s, which this optimizer does not have"
              .formatted(left.keySet().iterator().next()));
    }
    if (average != null) {
      average.load(trained);
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
