package org.klif.nn;

import org.klif.device.Pooling;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/** Pooling that is not fused into a neuron layer; odd sizes are floored. */
record PoolingLayer(String name, Pooling.Kind kind, Extent window) implements Layer {

  static Pooling.Spec spec(Pooling.Kind kind, Extent window, ActivationShape input) {
    return new Pooling.Spec(
        kind, input.images(), input.channels(), input.height(), input.width(), window);
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    ActivationShape shape = input.shape();
    Pooling.Spec spec = spec(kind, window, shape);
    Pooling pooling = context.own(context.device().pooling(spec));
    return new MapPlan(
        context,
        input,
        shape.withImage(shape.channels(), spec.outHeight(), spec.outWidth()),
        pooling::forward,
        (gy, gx) -> pooling.backward(input.buffer(), gy, gx));
  }
}
