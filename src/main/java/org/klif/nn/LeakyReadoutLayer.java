package org.klif.nn;

import org.klif.device.Buffer;

/** Leaky integrator that does not fire: its potential at each step is the output. */
record LeakyReadoutLayer(String name, double tau) implements Layer {

  @Override
  public LayerPlan plan(PlanContext context, Activation input) {
    double rate = 1 / tau;
    int steps = input.shape().steps();
    Buffer carried = context.state((long) input.shape().batch() * input.shape().features(), 0);
    return new MapPlan(
        context,
        input,
        input.shape(),
        (x, y) -> context.device().leakyReadout(x, steps, rate, carried, y, carried),
        (gy, gx) -> context.device().leakyReadoutBackward(gy, steps, rate, gx));
  }
}
