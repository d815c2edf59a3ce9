package org.klif.nn;

import org.jspecify.annotations.Nullable;

/** Batch norm without a neuron behind it. */
record BatchNormLayer(String name, Normalization norm) implements Layer {

  @Override
  public boolean hasParameters() {
    return true;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final NormPlan norm;
    private Slot gOutput;
    private Slot gInput;

    Plan(BatchNormLayer layer, PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      norm = new NormPlan(context, layer.norm, input.shape());
      output = context.activation(input.shape());
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      // the operation writes gx also where nobody needs it
      gInput = writable ? gradient : context.acquire(input.shape().elements());
      if (!needInput && gInput != gradient) {
        context.release(gInput);
      }
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      norm.statistics(input.buffer(), training);
      norm.apply(input.buffer(), output.buffer());
    }

    @Override
    public void backward() {
      norm.reduce(input.buffer(), gOutput.buffer());
      norm.backward(input.buffer(), gOutput.buffer(), gInput.buffer());
    }
  }
}
