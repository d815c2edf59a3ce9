package org.klif.nn;

import org.klif.device.Pooling;
import org.klif.tensor.ActivationShape;
import org.klif.tensor.Extent;

/**
 * Nearest-neighbour upsampling: (C, H, W) to (C, H fh, W fw), each pixel repeated over a window of
 * the factor. It is the adjoint of the sum over such windows, so that pooling computes both of its
 * passes.
 */
record UpsamplingLayer(String name, Extent factor) implements Layer {
  /** What comes of an input of that shape. */
  ActivationShape output(ActivationShape input) {
    return input.withImage(
        input.channels(),
        Math.multiplyExact(input.height(), factor.height()),
        Math.multiplyExact(input.width(), factor.width()));
  }

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    ActivationShape shape = output(input.shape());
    Pooling sums =
        context.own(
            context
                .device()
                .pooling(
                    Pooling.Spec.sums(
                        shape.images(), shape.channels(), shape.height(), shape.width(), factor)));
    // the gradient of a sum does not depend on what was added: any memory of that size will do
    return new MapPlan(
        context, input, shape, (x, y) -> sums.backward(y, x, y), (gy, gx) -> sums.forward(gy, gx));
  }
}
