package org.klif.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Layers one after the other. */
record Sequence(String name, List<Layer> layers) implements Layer {
  Sequence {
    layers = List.copyOf(layers);
  }

  @Override
  public boolean hasParameters() {
    return layers.stream().anyMatch(Layer::hasParameters);
  }

  @Override
  public Plan plan(PlanContext context, Activation input) {
    List<LayerPlan> plans = new ArrayList<>();
    Activation at = input;
    for (Layer layer : layers) {
      LayerPlan plan = context.probed(layer.name(), layer.plan(context, at));
      plans.add(plan);
      Activation output = plan.output();
      boolean moved = output.slot() != at.slot();
      if (moved) {
        context.addWritten(layer.name(), output);
      }
      if (moved && !context.training() && at.slot() != input.slot()) {
        context.release(at.slot());
      }
      at = output;
    }
    return new Plan(this, context, plans, at);
  }

  static final class Plan implements LayerPlan {
    private final Sequence sequence;
    private final PlanContext context;
    private final List<LayerPlan> plans;
    private final Activation output;
    private int firstBackward;

    private Plan(Sequence sequence, PlanContext context, List<LayerPlan> plans, Activation output) {
      this.sequence = sequence;
      this.context = context;
      this.plans = plans;
      this.output = output;
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gOutput, boolean writable, boolean needInput) {
      Slot gradient = gOutput;
      boolean own = writable;
      // layers ahead of the first parameter need no gradient
      firstBackward = needInput ? 0 : firstWithParameters();
      for (int i = plans.size() - 1; i >= firstBackward; i--) {
        boolean need = needInput || i > firstBackward;
        Slot next = plans.get(i).planBackward(gradient, own, need);
        if (next != gradient) {
          if (gradient != gOutput) {
            context.release(gradient);
          }
          own = true;
        }
        gradient = next;
      }
      return gradient;
    }

    private int firstWithParameters() {
      for (int i = 0; i < plans.size(); i++) {
        if (sequence.layers().get(i).hasParameters()) {
          return i;
        }
      }
      return plans.size();
    }

    @Override
    public void forward(boolean training) {
      for (LayerPlan plan : plans) {
        plan.forward(training);
      }
    }

    @Override
    public void backward() {
      for (int i = plans.size() - 1; i >= firstBackward; i--) {
        plans.get(i).backward();
      }
    }
  }
}
