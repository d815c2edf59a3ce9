package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;

/**
 * y = body(x) + shortcut(x); a shortcut without layers is the identity. What is constant counts at
 * each time step when the other one varies.
 */
record ResidualLayer(String name, Sequence body, Sequence shortcut) implements Layer {

  @Override
  public boolean hasParameters() {
    return body.hasParameters() || shortcut.hasParameters();
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final Branch body;
    private final Branch shortcut;
    private @Nullable Slot gInput;

    Plan(ResidualLayer layer, PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      Activation both = new Activation(input.slot(), input.shape(), true);
      LayerPlan bodyPlan = layer.body.plan(context, both);
      LayerPlan shortcutPlan = layer.shortcut.plan(context, both);
      boolean varies =
          !bodyPlan.output().shape().constant() || !shortcutPlan.output().shape().constant();
      body = new Branch(bodyPlan, varies);
      shortcut = new Branch(shortcutPlan, varies);
      // no layer needs its own output again, so the sum may overwrite a branch's
      boolean repeats = body.repeats || shortcut.repeats;
      Activation varying = body.repeats ? shortcut.output() : body.output();
      @Nullable Branch overwritten =
          repeats ? null : own(body) ? body : own(shortcut) ? shortcut : null;
      output =
          overwritten == null
              ? context.activation(varying.shape())
              : Activation.of(overwritten.output().slot(), varying.shape());
      if (!context.training()) {
        for (Branch branch : new Branch[] {body, shortcut}) {
          if (branch != overwritten && own(branch)) {
            context.release(branch.output().slot());
          }
        }
      }
    }

    private boolean own(Branch branch) {
      return branch.output().slot() != input.slot();
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      body.planBackward(gradient, false, needInput);
      // whoever reads the gradient last may overwrite it
      boolean last = writable && body.gInput != gradient;
      shortcut.planBackward(gradient, last, needInput);
      if (!needInput) {
        return null;
      }
      boolean intoBody = body.gInput != gradient;
      boolean intoShortcut = shortcut.gInput != gradient;
      if (intoBody) {
        gInput = body.gInput;
      } else {
        gInput = intoShortcut ? shortcut.gInput : context.acquire(input.shape().elements());
      }
      if (intoBody && intoShortcut) {
        context.release(shortcut.gInput);
      }
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      body.plan.forward(training);
      shortcut.plan.forward(training);
      Buffer y = output.buffer();
      Branch constant = body.repeats ? body : shortcut;
      Branch other = body.repeats ? shortcut : body;
      Buffer x = constant.output().buffer();
      if (constant.repeats) {
        context.device().repeatOverTime(x, output.shape().steps(), y);
        x = y;
      }
      context.device().add(x, other.output().buffer(), y);
    }

    @Override
    public void backward() {
      body.backward();
      shortcut.backward();
      if (gInput != null) {
        context.device().add(body.gInput.buffer(), shortcut.gInput.buffer(), gInput.buffer());
      }
    }

    /** One of the two summands. */
    private final class Branch {
      private final LayerPlan plan;

      /** It is constant, and the sum is not. */
      private final boolean repeats;

      private Slot gSum;
      private Slot gOutput;
      private Slot gInput;

      Branch(LayerPlan plan, boolean varies) {
        this.plan = plan;
        this.repeats = varies && plan.output().shape().constant();
      }

      Activation output() {
        return plan.output();
      }

      void planBackward(Slot gradient, boolean writable, boolean needInput) {
        gSum = gradient;
        gOutput = repeats ? context.acquire(output().shape().elements()) : gradient;
        gInput = plan.planBackward(gOutput, writable || repeats, needInput);
        if (repeats && gInput != gOutput) {
          context.release(gOutput);
        }
      }

      void backward() {
        if (repeats) {
          context.device().sumOverTime(gSum.buffer(), output.shape().steps(), gOutput.buffer());
        }
        plan.backward();
      }
    }
  }
}
