package org.klif.nn;

import com.google.common.primitives.ImmutableLongArray;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.RatePenalty;

/**
 * The penalty on firing rates in a plan: from the rates of the last forward pass to the gradient
 * that each layer's spikes have of it.
 *
 * <p>Where several shards compute a batch, the rates are those of the whole batch. A shard's
 * gradients count with its part's weight there, so a spike's is divided by the neuron-steps of the
 * part.
 */
final class PlannedPenalty {
  private final Device device;
  private final RatePenalty penalty;
  private final StepReadback readings;
  private final Buffer gradients;
  private final @Nullable BatchPart part;
  private final @Nullable Buffer joined;
  private final float[] own;
  private final float[] all;

  /** Plans it, once all layers are. */
  PlannedPenalty(PlanContext context, RatePenalty.Objective objective, StepReadback readings) {
    long[] steps = context.spiking().stream().mapToLong(SpikingLayer.Plan::neuronSteps).toArray();
    this.device = context.device();
    this.penalty =
        context.own(
            device.ratePenalty(new RatePenalty.Spec(objective, ImmutableLongArray.copyOf(steps))));
    this.readings = readings;
    this.gradients = context.spikeGradients();
    this.part = context.part();
    this.own = new float[Math.toIntExact(readings.activities().size())];
    this.all = new float[own.length];
    this.joined = part == null ? null : context.own(device.allocate(own.length));
  }

  /** After the forward pass; see {@link RatePenalty#apply}. */
  void apply(@Nullable Buffer lossScale) {
    if (part != null) {
      device.onHost(this::exchange);
    }
    penalty.apply(
        joined == null ? readings.activities() : joined, gradients, readings.penalty(), lossScale);
  }

  private void exchange() {
    readings.activities().download(0, own, 0, own.length);
    part.parts().weightedSum(part.shard().gather(own), 0, own.length, all);
    joined.upload(all, 0, 0, all.length);
  }
}
