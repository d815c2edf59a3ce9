package org.klif.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;
import org.klif.device.Buffer;
import org.klif.tensor.ActivationShape;

/**
 * y = scale (Q K') V for each step, sample and head over the pixels of an image.
 *
 * @param parts the layers of Q, K and V, which read the same input and end with the same shape, all
 *     constant or none
 */
record AttentionLayer(String name, List<Sequence> parts, int heads, double scale) implements Layer {

  @Override
  public boolean hasParameters() {
    return parts.stream().anyMatch(Sequence::hasParameters);
  }

  /** What is planned for Q, K and V of that shape. */
  Attention.Spec spec(ActivationShape shape) {
    int tokens = Math.multiplyExact(shape.height(), shape.width());
    return new Attention.Spec(shape.images(), tokens, shape.channels(), heads, scale);
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final List<Branch> branches;
    private final Activation output;
    private final Attention attention;
    private final Slot inner;
    private final @Nullable StepProduct step;
    private Slot gOutput;
    private Slot gInner;
    private boolean needInput;

    Plan(AttentionLayer layer, PlanContext context, Activation input) {
      this.context = context;
      Activation shared = new Activation(input.slot(), input.shape(), true);
      branches = layer.parts.stream().map(part -> new Branch(part.plan(context, shared))).toList();
      Activation q = branches.get(0).output();
      Activation k = branches.get(1).output();
      Activation v = branches.get(2).output();
      output = context.activation(q.shape());
      Attention.Spec spec = layer.spec(context.productShape(q.shape()));
      attention = context.own(context.device().attention(spec));
      inner = context.acquire(spec.innerSize());
      step = StepProduct.plan(context, output, q, k, v);
      context.release(inner);
      for (Branch branch : branches) {
        if (!context.training() && branch.output().slot() != input.slot()) {
          context.release(branch.output().slot());
        }
      }
      // what is 0 there adds nothing: Q's and V's zeros, or K's and Q's in the other order
      context.addMultiplied(layer.name, spec.pairsOfTokens() ? v : k, q);
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean wanted) {
      gOutput = gradient;
      needInput = wanted;
      for (Branch branch : branches) {
        branch.gOutput = context.acquire(branch.output().shape().elements());
      }
      gInner = context.acquire(inner.size());
      context.release(gInner);
      Branch first = branches.get(0);
      for (Branch branch : branches) {
        branch.planBackward();
        if (wanted && branch != first) {
          context.release(branch.gInput); // added to the first's at once
        }
      }
      return first.gInput;
    }

    @Override
    public void forward(boolean training) {
      for (Branch branch : branches) {
        branch.plan.forward(training);
      }
      if (step == null) {
        attend(branches.stream().map(branch -> branch.output().buffer()).toList(), output.buffer());
      } else {
        step.run(this::attend);
      }
    }

    private void attend(List<Buffer> qkv, Buffer y) {
      attention.forward(
          new Attention.Forward(qkv.get(0), qkv.get(1), qkv.get(2), inner.buffer(), y));
    }

    @Override
    public void backward() {
      Branch q = branches.get(0);
      Branch k = branches.get(1);
      Branch v = branches.get(2);
      attention.backward(
          new Attention.Backward(
              q.output().buffer(),
              k.output().buffer(),
              v.output().buffer(),
              gOutput.buffer(),
              gInner.buffer(),
              q.gOutput.buffer(),
              k.gOutput.buffer(),
              v.gOutput.buffer()));
      for (Branch branch : branches) {
        branch.plan.backward();
        if (needInput && branch != q) {
          Buffer sum = q.gInput.buffer();
          context.device().add(sum, branch.gInput.buffer(), sum);
        }
      }
    }

    /** Q, K or V. */
    private final class Branch {
      private final LayerPlan plan;
      private Slot gOutput;
      private Slot gInput;

      Branch(LayerPlan plan) {
        this.plan = plan;
      }

      Activation output() {
        return plan.output();
      }

      void planBackward() {
        gInput = plan.planBackward(gOutput, true, needInput);
        if (!needInput || gInput != gOutput) {
          context.release(gOutput);
        }
      }
    }
  }
}
