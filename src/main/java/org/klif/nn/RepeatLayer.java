package org.klif.nn;

import org.jspecify.annotations.Nullable;

/** Writes a constant sequence T times, where a layer or the loss needs each step. */
record RepeatLayer(String name) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private Slot gOutput;
    private Slot gInput;

    Plan(PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      output = context.activation(input.shape().varying());
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gInput = context.acquire(input.shape().elements());
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      context.device().repeatOverTime(input.buffer(), input.shape().steps(), output.buffer());
    }

    @Override
    public void backward() {
      context.device().sumOverTime(gOutput.buffer(), input.shape().steps(), gInput.buffer());
    }
  }
}
