package org.klif.train;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.data.Batch;
import org.klif.data.MixedLabels;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.InputQueue;
import org.klif.device.Loss;
import org.klif.device.OutputQueue;
import org.klif.device.Probe;
import org.klif.nn.NamedActivation;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.optim.Optimizer;

/**
 * A network's work for one batch size, with its loss and the memory both need. With an optimizer
 * the work is a whole training step, else a forward pass in evaluation mode; either is given to the
 * device as one captured work.
 */
public final class BatchStep implements AutoCloseable {
  private final Device device;
  private final Probe probe;
  private final Network network;
  private final BufferScope scope;
  private final int size;
  private final @Nullable Optimizer optimizer;
  private final int whole;
  private final @Nullable Sharding sharding;
  private final NetworkPlan plan;
  private final Loss loss;
  private final Buffer labels;
  private final int @Nullable [] mixedLabels;
  private final Buffer rate;
  private final InputQueue queue;
  private final OutputQueue results;
  private final float @Nullable [] rates;
  private final CapturedWork work;

  /** For whole batches. */
  public BatchStep(
      Network network, Loss.Objective objective, int size, @Nullable Optimizer optimizer) {
    this(network, objective, size, optimizer, null);
  }

  /**
   * For one shard's part of a batch, or for whole ones.
   *
   * @param whole samples of the batch
   * @param sharding of a training step, or null
   */
  BatchStep(
      Network network,
      Loss.Objective objective,
      int whole,
      @Nullable Optimizer optimizer,
      @Nullable Sharding sharding) {
    this.network = network;
    this.device = network.device();
    this.probe = device.probe();
    this.optimizer = optimizer;
    this.whole = whole;
    this.sharding = sharding;
    this.scope = new BufferScope(device);
    try {
      plan =
          scope.own(
              sharding == null
                  ? network.plan(whole, optimizer != null)
                  : network.plan(sharding.part(whole)));
      size = plan.inputShape().batch();
      requireVariance();
      int classes = network.outputs();
      Loss.Spec spec = new Loss.Spec(objective, plan.outputShape().steps(), size, classes);
      loss = scope.own(device.loss(spec));
      labels = scope.own(device.allocate(DType.INT32, spec.labelElements()));
      mixedLabels = objective.mixed() ? new int[spec.labelElements()] : null;
      rate = scope.zeros((long) size * classes);
      queue = scope.own(device.inputQueue(plan.input(), labels));
      Buffer readings = network.readings().buffer();
      rates = optimizer == null ? new float[size * classes] : null;
      results =
          scope.own(
              device.outputQueue(optimizer == null ? List.of(readings, rate) : List.of(readings)));
      work = scope.own(device.capture(this::compute));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /** Statistics of a training step are taken over several values: one has no variance. */
  private void requireVariance() {
    boolean alone = optimizer != null && !plan.normsOfOneValue().isEmpty();
    int samples =
        sharding == null || sharding.synchronizesNorm()
            ? whole
            : sharding.part(whole).parts().smallest();
    if (alone && samples == 1) {
      throw new UsageException(
          "batch norm %s has one value a channel in %s of 1 sample, and one value has no variance; another batch size helps: one that leaves no single sample"
              .formatted(
                  plan.normsOfOneValue().get(0),
                  whole == 1 ? "a batch" : "a shard's part of a batch"));
    }
  }

  /** The network's work. */
  public NetworkPlan plan() {
    return plan;
  }

  /** Samples of the batch, those of other shards included. */
  int whole() {
    return whole;
  }

  /** Begins to copy a batch of this size to the device, which may be at work meanwhile. */
  public void put(Batch batch) {
    if (batch.size() != size) {
      throw new IllegalArgumentException(
          "a batch of %d for a plan of %d".formatted(batch.size(), size));
    }
    phase("upload", () -> queue.put(batch.images(), labels(batch)));
  }

  private int[] labels(Batch batch) {
    if (mixedLabels == null) {
      return batch.labels();
    }
    MixedLabels mixed = batch.mixed();
    if (mixed == null) {
      float[] alone = new float[size];
      Arrays.fill(alone, 1);
      mixed = new MixedLabels(batch.labels(), alone);
    }
    Loss.mixed(batch.labels(), mixed.others(), mixed.weights(), mixedLabels);
    return mixedLabels;
  }

  /**
   * Gives the work on the batch that was put first to the device, and does not wait for it; {@link
   * #finish} does. At most {@link OutputQueue#CAPACITY} steps wait for that.
   */
  public void start() {
    phase("upload", queue::take);
    work.run();
    results.put();
  }

  /**
   * Waits for the oldest step that was started, not for what was given behind it. The network's
   * readings and the {@link #rates} are then those of this step.
   */
  public void finish() {
    phase("download", this::takeResults);
  }

  private void takeResults() {
    float[] readings = network.readings().values();
    if (rates == null) {
      results.take(readings);
    } else {
      results.take(readings, rates);
    }
  }

  /** Forgets the batches that were put, and the steps that were started. */
  void drop() {
    while (queue.waiting() > 0) {
      queue.take();
    }
    results.drop();
  }

  private void compute() {
    forwardPass();
    if (optimizer != null) {
      backwardPass();
      if (sharding != null) {
        device.onHost(
            () ->
                phase(
                    "exchange", () -> sharding.exchange().exchange(sharding.part(whole).parts())));
      }
      phase("optimizer", optimizer::apply);
    }
  }

  /** Network and loss alone, on the batch that was taken last. */
  public void forwardPass() {
    phase("forward", () -> plan.forward(optimizer != null));
    phase("loss", () -> loss.forward(plan.output(), labels, rate, network.readings().loss()));
  }

  /** The gradients of all parameters alone, behind {@link #forwardPass}. Only with an optimizer. */
  public void backwardPass() {
    Buffer lossScale = optimizer.lossScale();
    phase(
        "loss", () -> loss.backward(plan.output(), rate, labels, plan.outputGradient(), lossScale));
    phase("backward", () -> plan.backward(lossScale));
  }

  private void phase(String name, Runnable work) {
    probe.begin(Probe.Kind.PHASE, name);
    work.run();
    probe.end();
  }

  /** Copies images without labels to the device. */
  void upload(float[] images) {
    plan.input().upload(images);
  }

  /** Runs the network on what was uploaded, in evaluation mode; the loss then means nothing. */
  void forward() {
    forwardPass();
    results.put();
    finish();
  }

  /** Mean output over T, (batch, classes), of the step in evaluation mode that finished last. */
  public float[] rates() {
    return rates.clone();
  }

  /** The first layer, in the order of the forward pass, whose output is not finite. */
  String firstNonFinite() {
    for (NamedActivation activation : plan.activations()) {
      if (device.firstNonFinite(activation.buffer()) >= 0) {
        return activation.name().equals("input")
            ? "the input data"
            : "the output of layer " + activation.name();
      }
    }
    return "the loss itself";
  }

  /** Stops a run whose loss is no number. */
  public KlifException notFinite(double value, String when) {
    return new KlifException(
        "the loss is %s at %s: it first appeared in %s; a lower optimizer.learningRate or"
                .formatted(value, when, firstNonFinite())
            + " optimizer.clipNorm=1 may help");
  }

  @Override
  public void close() {
    scope.close();
  }
}
