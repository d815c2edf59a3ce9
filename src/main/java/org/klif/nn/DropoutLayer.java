package org.klif.nn;

import org.jspecify.annotations.Nullable;

/**
 * Dropout with one mask for all time steps, drawn anew in each training step; in place where nobody
 * else reads the input.
 *
 * @param stream which dropout of the network this is: each draws its own masks
 */
record DropoutLayer(String name, double p, long seed, int stream) implements Layer {

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return p == 0 || !context.training()
        ? new MapPlan.Alias(input)
        : new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final DropoutLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final long first;
    private final Slot mask;
    private Slot gOutput;
    private Slot gInput;

    Plan(DropoutLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      BatchPart part = context.part();
      first = part == null ? 0 : (long) part.first() * input.shape().features();
      mask = context.acquire((long) input.shape().batch() * input.shape().features());
      output = input.shared() ? context.activation(input.shape()) : input;
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gInput = writable ? gradient : context.acquire(input.shape().elements());
      return gInput;
    }

    @Override
    public void forward(boolean training) {
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
      context
          .device()
          .maskOverTime(
              gOutput.buffer(), mask.buffer(), input.shape().storedSteps(), gInput.buffer());
    }
  }
}
