package org.klif.nn;

import org.jspecify.annotations.Nullable;
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
    int rows = context.productShape(input.shape()).images();
    return new ProductPlan(
        context,
        name,
        context.device().linear(new Linear.Spec(rows, in, out)),
        weight,
        bias,
        input,
        input.shape().withImage(out, 1, 1));
  }
}
