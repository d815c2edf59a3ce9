package org.klif.nn;

import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.tensor.ActivationShape;

/**
 * A network's work in evaluation mode, one time step after the other: the potentials of all neuron
 * layers and readouts are kept between the steps, and nothing else is, so that a stream may be as
 * long as it likes. Running it allocates no device memory.
 *
 * <p>Order of a step: fill {@link #input} (again, also when it is constant: other plans of the
 * network share the memory), {@link #step}, read {@link #output}. With the products of the whole
 * run (see {@link Network#stream}) the outputs of T steps are those of a {@link NetworkPlan} to the
 * bit.
 */
public final class StreamingPlan implements AutoCloseable {
  private final PlanContext context;
  private final Workspace.Lease lease;
  private final Activation input;
  private final Sequence.Plan root;
  private final int steps;
  private int step;
  private boolean closed;

  private StreamingPlan(
      PlanContext context, Workspace.Lease lease, Activation input, Sequence.Plan root, int steps) {
    this.context = context;
    this.lease = lease;
    this.input = input;
    this.root = root;
    this.steps = steps;
  }

  static StreamingPlan create(
      Device device,
      Sequence layers,
      ActivationShape inputShape,
      int steps,
      DropoutCounter dropoutCounter,
      Workspace workspace) {
    PlanContext context = PlanContext.stream(device, steps, dropoutCounter);
    Workspace.Lease lease = null;
    try {
      Activation input = new Activation(context.acquire(inputShape.elements()), inputShape, true);
      Sequence.Plan root = layers.plan(context, input);
      lease = workspace.lease(context.slots().capacities());
      context.slots().bind(lease.buffers());
      StreamingPlan plan = new StreamingPlan(context, lease, input, root, steps);
      plan.reset();
      return plan;
    } catch (RuntimeException | Error e) {
      if (lease != null) {
        lease.close();
      }
      try {
        NetworkPlan.closeAll(context.operations());
      } catch (RuntimeException later) {
        e.addSuppressed(later);
      }
      throw e;
    }
  }

  /** Memory of one time step of the input, (N, H, W, C). */
  public Buffer input() {
    return input.buffer();
  }

  /** Runs all layers for one time step. */
  public void step() {
    context.setStep(step);
    root.forward(false);
    step = (step + 1) % steps;
  }

  /** What the last layer wrote at this time step: (N, classes). */
  public Buffer output() {
    return root.output().buffer();
  }

  /** Back to ahead of the first step: another stream begins. */
  public void reset() {
    for (PlanContext.State state : context.states()) {
      context.device().fill(state.buffer(), (float) state.first());
    }
    step = 0;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      lease.close();
      NetworkPlan.closeAll(context.operations());
    }
  }
}
