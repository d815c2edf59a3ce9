package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;

/** Leaky integrator that does not fire: its potential at each step is the output. */
record LeakyReadoutLayer(String name, double tau) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final double rate;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final @Nullable Buffer carried;
    private Slot gOutput;
    private Slot gInput;

    Plan(LeakyReadoutLayer layer, PlanContext context, Activation input) {
      rate = 1 / layer.tau;
      this.context = context;
      this.input = input;
      carried = context.state((long) input.shape().batch() * input.shape().features(), 0);
      output = context.activation(input.shape());
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
          .leakyReadout(
              input.buffer(), input.shape().steps(), rate, carried, output.buffer(), carried);
    }

    @Override
    public void backward() {
      context
          .device()
          .leakyReadoutBackward(gOutput.buffer(), input.shape().steps(), rate, gInput.buffer());
    }
  }
}
