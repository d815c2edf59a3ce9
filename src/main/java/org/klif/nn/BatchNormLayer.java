package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;

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
    private final BatchNormLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final BatchNorm batchNorm;
    private final BatchNorm.State state;
    private final Buffer sums;
    private Slot gOutput;
    private Slot gInput;

    Plan(BatchNormLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      batchNorm = context.own(context.device().batchNorm(layer.norm.spec(input.shape())));
      state = layer.norm.state();
      sums = layer.norm.sums();
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
      if (training) {
        batchNorm.statistics(input.buffer(), state);
      } else {
        batchNorm.fold(state);
      }
      batchNorm.apply(input.buffer(), state, output.buffer());
    }

    @Override
    public void backward() {
      batchNorm.reduce(input.buffer(), gOutput.buffer(), state, sums);
      batchNorm.backward(
          input.buffer(),
          gOutput.buffer(),
          state,
          sums,
          gInput.buffer(),
          layer.norm.weight().gradient(),
          layer.norm.bias().gradient());
    }
  }
}
