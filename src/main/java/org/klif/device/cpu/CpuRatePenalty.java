package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.OptimizerStep;
import org.klif.device.RatePenalty;

/** A penalty on firing rates on the CPU: a few numbers. */
record CpuRatePenalty(Spec spec) implements RatePenalty {
  @Override
  public void apply(Buffer activity, Buffer gradients, Buffer result, @Nullable Buffer lossScale) {
    spec.check(activity, gradients, result);
    OptimizerStep.requireLossScale(lossScale);
    Bytes rates = CpuBuffer.of(activity).bytes();
    Bytes out = CpuBuffer.of(gradients).bytes();
    float scale =
        lossScale == null ? 1 : CpuBuffer.of(lossScale).bytes().getFloat(4 * OptimizerStep.SCALE);
    float target = (float) spec.objective().target();
    float sum = 0;
    for (int layer = 0; layer < spec.layers(); layer++) {
      float off = rates.getFloat(8 * layer) - target;
      out.putFloat(4 * layer, off * spec.slope(layer) * scale);
      sum = Math.fma(off, off, sum);
    }
    CpuBuffer.of(result).bytes().putFloat(0, (float) spec.objective().strength() * sum);
  }
}
