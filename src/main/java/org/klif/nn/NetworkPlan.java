package org.klif.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.OutOfDeviceMemory;
import org.klif.device.RatePenalty;
import org.klif.tensor.ActivationShape;

/**
 * A network's work for one batch size. Running it allocates no device memory.
 *
 * <p>Order of a step: fill {@link #input}, {@link #forward}, read {@link #output}, fill {@link
 * #outputGradient}, {@link #backward}. The gradients are then in the network's gradient buffer.
 */
public final class NetworkPlan implements AutoCloseable {
  private final PlanContext context;
  private final Workspace.Lease lease;
  private final Activation input;
  private final Sequence.Plan root;
  private final Slot gOutput;
  private final @Nullable Slot gInput;
  private final @Nullable PlannedPenalty penalty;
  private boolean closed;

  private NetworkPlan(
      PlanContext context,
      Workspace.Lease lease,
      Activation input,
      Sequence.Plan root,
      Slot gOutput,
      @Nullable Slot gInput,
      @Nullable PlannedPenalty penalty) {
    this.context = context;
    this.lease = lease;
    this.input = input;
    this.root = root;
    this.gOutput = gOutput;
    this.gInput = gInput;
    this.penalty = penalty;
  }

  static NetworkPlan create(
      Device device,
      Sequence layers,
      ActivationShape inputShape,
      boolean training,
      boolean inputGradient,
      DropoutCounter dropoutCounter,
      @Nullable BatchPart part,
      Workspace workspace,
      RatePenalty.Objective objective,
      StepReadback readings) {
    requireCountable(inputShape);
    PlanContext context = PlanContext.sequence(device, training, dropoutCounter, part);
    try {
      if (training && !objective.isNone()) {
        context.penalise(readings.layers());
      }
      Slot slot = context.acquire(inputShape.elements());
      // the input stays as it was filled: it may be run again, in the other mode
      Activation input = new Activation(slot, inputShape, true);
      Sequence.Plan root = layers.plan(context, input);
      Slot gOutput = null;
      Slot gInput = null;
      if (training) {
        gOutput = context.acquire(root.output().shape().elements());
        Slot first = root.planBackward(gOutput, true, inputGradient);
        gInput = inputGradient ? first : null;
      }
      Workspace.Lease lease = lease(workspace, context.slots().capacities(), inputShape.batch());
      context.slots().bind(lease.buffers());
      PlannedPenalty penalty =
          context.spikeGradients() == null
              ? null
              : new PlannedPenalty(context, objective, readings);
      return new NetworkPlan(context, lease, input, root, gOutput, gInput, penalty);
    } catch (RuntimeException | Error e) {
      try {
        closeAll(context.operations());
      } catch (RuntimeException later) {
        e.addSuppressed(later);
      }
      throw e;
    }
  }

  /** A batch comes to the device as one array, and an int counts the images of all its steps. */
  private static void requireCountable(ActivationShape input) {
    long images = (long) input.steps() * input.batch();
    if (images > Integer.MAX_VALUE || input.elements() > Integer.MAX_VALUE) {
      throw new UsageException(
          "a batch of %d samples of %s at T %d has more than %d values; use a smaller batch"
              .formatted(input.batch(), input.imageText(), input.steps(), Integer.MAX_VALUE));
    }
  }

  private static Workspace.Lease lease(Workspace workspace, List<Long> sizes, int batch) {
    try {
      return workspace.lease(sizes);
    } catch (OutOfDeviceMemory e) {
      long needed = sizes.stream().mapToLong(workspace::bytes).sum();
      throw e.withBatch(batch, needed, workspace.bytes());
    }
  }

  /** Shape of the input; when constant, (N, H, W, C) in memory, else (T, N, H, W, C). */
  public ActivationShape inputShape() {
    return input.shape();
  }

  /** Memory of the input, channels last. */
  public Buffer input() {
    return input.buffer();
  }

  /**
   * Runs all layers.
   *
   * @param training batch statistics and dropout; else running statistics and no dropout
   */
  public void forward(boolean training) {
    if (training && !context.training()) {
      throw new IllegalStateException("this plan was made for evaluation only");
    }
    root.forward(training);
  }

  /** What the last layer wrote: (T, N, classes). */
  public Buffer output() {
    return root.output().buffer();
  }

  /** Shape of the output, C being the classes. */
  public ActivationShape outputShape() {
    return root.output().shape();
  }

  /** To be filled ahead of {@link #backward}, which overwrites it. */
  public Buffer outputGradient() {
    requireTraining();
    return gOutput.buffer();
  }

  /** Without loss scaling. */
  public void backward() {
    backward(null);
  }

  /**
   * Writes the gradients of all parameters, from a forward pass in training mode: those of the loss
   * whose gradient was filled in, and of the penalty on firing rates where the network has one.
   *
   * @param lossScale as {@link org.klif.device.Loss#backward} takes it, for the penalty
   */
  public void backward(@Nullable Buffer lossScale) {
    requireTraining();
    if (penalty != null) {
      penalty.apply(lossScale);
    }
    root.backward();
  }

  /**
   * The gradient of the input, which {@link #backward} has written; of a constant input the sum
   * over the steps.
   *
   * @throws IllegalStateException when it was not asked for ({@link Network#planWithInputGradient})
   */
  public Buffer inputGradient() {
    if (gInput == null) {
      throw new IllegalStateException("this plan was made without the gradient of its input");
    }
    return gInput.buffer();
  }

  /** The layers of spiking neurons, in network order. */
  public List<NeuronLayer> neuronLayers() {
    return context.spiking().stream().map(SpikingLayer.Plan::describe).toList();
  }

  /**
   * The input and what each layer wrote, in the order of the forward pass. A plan for evaluation
   * does not keep what lies between input and output, and names only these.
   */
  public List<NamedActivation> activations() {
    List<NamedActivation> all = new ArrayList<>();
    all.add(new NamedActivation("input", input.shape(), input.buffer()));
    if (context.training()) {
      for (PlanContext.Written one : context.written()) {
        all.add(named(one.layer(), one.output()));
      }
    } else {
      all.add(named("output", root.output()));
    }
    return all;
  }

  private static NamedActivation named(String name, Activation activation) {
    return new NamedActivation(name, activation.shape(), activation.buffer());
  }

  /**
   * What the inputs were in the last forward pass, for each layer with weights and each attention,
   * in network order. Needs a plan for training, which keeps activations. Waits for the device.
   */
  public Map<String, InputShares> inputs() {
    requireTraining();
    Map<String, InputShares> shares = new LinkedHashMap<>();
    for (PlanContext.MultipliedInputs one : context.multiplied()) {
      shares.put(one.layer(), InputShares.mean(one.inputs()));
    }
    return shares;
  }

  /**
   * Names of batch norms that see one value of each channel in a sample, so that a batch of one
   * sample has no variance. The repetitions of a static image are one value.
   */
  public List<String> normsOfOneValue() {
    return List.copyOf(context.normsOfOneValue());
  }

  /**
   * F and V of every neuron for one sample of the input, in evaluation mode. Allocates, and runs
   * the network once for each neuron layer: for reports, not for training.
   */
  public Trace trace(int sample) {
    ActivationShape out = outputShape();
    if (sample < 0 || sample >= out.batch()) {
      throw new IllegalArgumentException("sample %d of %d".formatted(sample, out.batch()));
    }
    List<Trace.Layer> layers = new ArrayList<>();
    for (SpikingLayer.Plan plan : context.spiking()) {
      layers.add(plan.traced(sample, () -> root.forward(false)));
    }
    root.forward(false);
    int classes = out.features();
    float[] mean = new float[classes];
    float[] step = new float[classes];
    for (int t = 0; t < out.steps(); t++) {
      output().download(((long) t * out.batch() + sample) * classes, step, 0, classes);
      for (int c = 0; c < classes; c++) {
        mean[c] += step[c] / out.steps();
      }
    }
    return new Trace(layers, mean);
  }

  private void requireTraining() {
    if (!context.training()) {
      throw new IllegalStateException("this plan was made for evaluation only");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      lease.close();
      closeAll(context.operations());
    }
  }

  /** In reverse order; later errors are suppressed onto the first. */
  static void closeAll(List<AutoCloseable> operations) {
    RuntimeException first = null;
    for (int i = operations.size() - 1; i >= 0; i--) {
      try {
        operations.get(i).close();
      } catch (Exception e) {
        if (first == null) {
          first = e instanceof RuntimeException r ? r : new IllegalStateException(e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
