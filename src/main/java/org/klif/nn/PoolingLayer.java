package org.klif.nn;

import org.klif.device.Pooling;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/** Pooling that is not fused into a neuron layer; what no window covers at an edge is dropped. */
record PoolingLayer(String name, Pooling.Kind kind, Extent window, Extent stride, Extent padding)
    implements Layer {

  /** What is planned for an input of that shape. */
  Pooling.Spec spec(ActivationShape input) {
    return new Pooling.Spec(
        kind,
        input.images(),
        input.channels(),
        input.height(),
        input.width(),
        window,
        stride,
        padding);
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    ActivationShape shape = input.shape();
    Pooling.Spec spec = spec(shape);
    Pooling pooling = context.own(context.device().pooling(spec));
    return new MapPlan(
        context,
        input,
        shape.withImage(shape.channels(), spec.outHeight(), spec.outWidth()),
        pooling::forward,
        (gy, gx) -> pooling.backward(input.buffer(), gy, gx));
  }
}
