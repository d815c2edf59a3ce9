package org.klif.nn;

import org.jspecify.annotations.Nullable;

/** y = x + f(x). A constant x counts at each time step when f's output varies. */
record ResidualLayer(String name, Sequence branch) implements Layer {

  @Override
  public boolean hasParameters() {
    return branch.hasParameters();
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final LayerPlan branch;
    private final boolean repeats;
    private Slot gOutput;
    private Slot gBranch;
    private @Nullable Slot gSkip;
    private @Nullable Slot gInput;

    Plan(ResidualLayer layer, PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      branch = layer.branch.plan(context, new Activation(input.slot(), input.shape(), true));
      Activation inner = branch.output();
      repeats = input.shape().constant() && !inner.shape().constant();
      // no layer needs its own output again, so the sum may overwrite the branch's
      boolean ownMemory = !repeats && inner.slot() != input.slot();
      output =
          ownMemory
              ? Activation.of(inner.slot(), inner.shape())
              : context.activation(inner.shape());
      if (!context.training() && !ownMemory && inner.slot() != input.slot()) {
        context.release(inner.slot());
      }
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gBranch = branch.planBackward(gradient, false, needInput);
      if (!needInput) {
        return null;
      }
      gSkip = repeats ? context.acquire(input.shape().elements()) : null;
      gInput = gBranch == gradient ? context.acquire(input.shape().elements()) : gBranch;
      if (gSkip != null) {
        context.release(gSkip);
      }
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      branch.forward(training);
      if (repeats) {
        context.device().repeatOverTime(input.buffer(), input.shape().steps(), output.buffer());
        context.device().add(output.buffer(), branch.output().buffer(), output.buffer());
      } else {
        context.device().add(input.buffer(), branch.output().buffer(), output.buffer());
      }
    }

    @Override
    public void backward() {
      branch.backward();
      if (gInput == null) {
        return;
      }
      if (gSkip != null) {
        context.device().sumOverTime(gOutput.buffer(), input.shape().steps(), gSkip.buffer());
        context.device().add(gBranch.buffer(), gSkip.buffer(), gInput.buffer());
      } else {
        context.device().add(gBranch.buffer(), gOutput.buffer(), gInput.buffer());
      }
    }
  }
}
