package org.klif.nn;

import org.klif.tensor.ActivationShape;

/**
 * (C, H, W) to C*H*W features in that order, as PyTorch does, so that linear weights can be
 * exchanged. Nothing is moved where memory has that order already.
 */
record FlattenLayer(String name) implements Layer {

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    ActivationShape shape = input.shape();
    int pixels = shape.height() * shape.width();
    ActivationShape flat = shape.withImage(shape.features(), 1, 1);
    if (pixels == 1 || shape.channels() == 1) {
      return new MapPlan.Alias(new Activation(input.slot(), flat, input.shared()));
    }
    return new MapPlan(
        context,
        input,
        flat,
        (x, y) -> context.device().channelsFirst(x, shape.images(), shape.channels(), pixels, y),
        (gy, gx) ->
            context.device().channelsLast(gy, shape.images(), shape.channels(), pixels, gx));
  }
}
