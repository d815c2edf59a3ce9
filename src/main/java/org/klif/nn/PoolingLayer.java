package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Pooling;
import org.klif.tensor.ActivationShape;

/** Pooling that is not fused into a neuron layer; odd sizes are floored. */
record PoolingLayer(String name, Pooling.Kind kind, int window) implements Layer {

  @Override
  public boolean hasParameters() {
    return false;
  }

  static Pooling.Spec spec(Pooling.Kind kind, int window, ActivationShape input) {
    return new Pooling.Spec(
        kind, input.images(), input.channels(), input.height(), input.width(), window);
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    return new Plan(this, context, input);
  }

  private static final class Plan implements LayerPlan {
    private final PlanContext context;
    private final Activation input;
    private final Activation output;
    private final Pooling pooling;
    private Slot gOutput;
    private Slot gInput;

    Plan(PoolingLayer layer, PlanContext context, Activation input) {
      this.context = context;
      this.input = input;
      ActivationShape shape = input.shape();
      Pooling.Spec spec = spec(layer.kind, layer.window, shape);
      pooling = context.own(context.device().pooling(spec));
      output =
          context.activation(shape.withImage(shape.channels(), spec.outHeight(), spec.outWidth()));
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
      pooling.forward(input.buffer(), output.buffer());
    }

    @Override
    public void backward() {
      pooling.backward(input.buffer(), gOutput.buffer(), gInput.buffer());
    }
  }
}
