package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Linear;

/** Fully connected layer over all rows of the sequence at once (T folded into the batch). */
record LinearLayer(String name, int in, int out, Parameter weight, @Nullable Parameter bias)
    implements Layer {

  @Override
  public boolean hasParameters() {
    return true;
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final LinearLayer layer;
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final Linear linear;
    private final @Nullable StepProduct step;
    private Slot gOutput;
    private @Nullable Slot gInput;

    Plan(LinearLayer layer, PlanContext context, Activation input) {
      this.layer = layer;
      this.context = context;
      this.input = input;
      int rows = context.productShape(input.shape()).images();
      linear = context.own(context.device().linear(new Linear.Spec(rows, layer.in, layer.out)));
      output = context.activation(input.shape().withImage(layer.out, 1, 1));
      step = StepProduct.plan(context, input, output);
      context.addWeighted(layer.name, input);
    }

    @Override
    public Activation output() {
      return output;
    }

    @Override
    public @Nullable Slot planBackward(Slot gradient, boolean writable, boolean needInput) {
      gOutput = gradient;
      gInput = needInput ? context.acquire(input.shape().elements()) : null;
      return gInput;
    }

    @Override
    public void forward(boolean training) {
      if (step == null) {
        product(input.buffer(), output.buffer());
      } else {
        step.run(this::product);
      }
    }

    private void product(Buffer x, Buffer y) {
      Buffer bias = layer.bias == null ? null : layer.bias.buffer();
      linear.forward(x, layer.weight.buffer(), bias, y);
    }

    @Override
    public void backward() {
      if (gInput != null) {
        linear.backwardData(gOutput.buffer(), layer.weight.buffer(), gInput.buffer());
      }
      Buffer gBias = layer.bias == null ? null : layer.bias.gradient();
      linear.backwardWeights(input.buffer(), gOutput.buffer(), layer.weight.gradient(), gBias);
    }
  }
}
