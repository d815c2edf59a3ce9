package org.klif.nn;

import org.jspecify.annotations.Nullable;
import org.klif.device.Probe;

/**
 * A layer's plan whose passes a probe is told of.
 *
 * @param layer its name
 */
record ProbedPlan(String layer, LayerPlan inner, Probe probe) implements LayerPlan {
  @Override
  public Activation output() {
    return inner.output();
  }

  @Override
  public @Nullable Slot planBackward(Slot gOutput, boolean writable, boolean needInput) {
    return inner.planBackward(gOutput, writable, needInput);
  }

  @Override
  public void forward(boolean training) {
    probe.begin(Probe.Kind.LAYER, layer);
    inner.forward(training);
    probe.end();
  }

  @Override
  public void backward() {
    probe.begin(Probe.Kind.LAYER, layer);
    inner.backward();
    probe.end();
  }
}
