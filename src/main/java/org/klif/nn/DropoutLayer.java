package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.tensor.ActivationShape;

/**
 * Dropout with one mask for all time steps, drawn anew in each training step; in place where nobody
 * else reads the input.
 *
 * @param stream which dropout of the network this is: each draws its own masks
 */
record DropoutLayer(String name, double p, long seed, int stream) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final DropoutLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final boolean identity;
    private final long first;
    private @Nullable Slot mask;
    private Slot gOutput;
    private Slot gInput;

    Plan(DropoutLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      identity = layer.p == 0 || !context.training();
      BatchPart part = context.part();
      first = part == null ? 0 : (long) part.first() * input.shape().features();
      if (!identity) {
        ActivationShape shape = input.shape();
        mask = context.acquire((long) shape.batch() * shape.features());
      }
      output = identity || !input.shared() ? input : context.activation(input.shape());
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gInput = identity || writable ? gradient : context.acquire(input.shape().elements());
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      if (identity) {
        return;
      }
      if (training) {
        context
            .device()
            .dropoutMask(
                mask.buffer(), layer.p, layer.seed, context.dropoutCounter(), layer.stream, first);
        context
            .device()
            .maskOverTime(
                input.buffer(), mask.buffer(), input.shape().storedSteps(), output.buffer());
      } else if (output.slot() != input.slot()) {
        context.device().copy(input.buffer(), output.buffer());
      }
    }

    @Override
    public void backward() {
      if (!identity) {
        context
            .device()
            .maskOverTime(
                gOutput.buffer(), mask.buffer(), input.shape().storedSteps(), gInput.buffer());
      }
    }
  }
}
