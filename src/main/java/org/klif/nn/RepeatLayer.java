package org.klif.nn;

/** Writes a constant sequence T times, where a layer or the loss needs each step. */
record RepeatLayer(String name) implements Layer {

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    int steps = input.shape().steps();
    return new MapPlan(
        context,
        input,
        input.shape().varying(),
        (x, y) -> context.device().repeatOverTime(x, steps, y),
        (gy, gx) -> context.device().sumOverTime(gy, steps, gx));
  }
}
