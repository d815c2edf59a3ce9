package org.klif.nn;

import org.jspecify.annotations.Nullable;

/** Mean of each group of neighbouring features: several neurons vote for a class. */
record VotingLayer(String name, int group) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final VotingLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final int features;
    private Slot gOutput;
    private Slot gInput;

    Plan(VotingLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      features = input.shape().features();
      output = context.activation(input.shape().withImage(features / layer.group, 1, 1));
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
      context
          .device()
          .vote(input.buffer(), input.shape().images(), features, layer.group, output.buffer());
    }

    @Override
    public void backward() {
      context
          .device()
          .voteBackward(
              gOutput.buffer(), input.shape().images(), features, layer.group, gInput.buffer());
    }
  }
}
