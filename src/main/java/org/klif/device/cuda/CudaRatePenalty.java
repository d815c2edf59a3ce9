package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.Operations;
import org.klif.device.OptimizerStep;
import org.klif.device.RatePenalty;

/** A penalty on firing rates on the GPU: one thread, as there are few numbers. */
final class CudaRatePenalty implements RatePenalty {
  private final CudaDevice device;
  private final Spec spec;
  private final Buffer slopes;

  CudaRatePenalty(CudaDevice device, Spec spec) {
    this.device = device;
    this.spec = spec;
    float[] values = new float[spec.layers()];
    for (int i = 0; i < values.length; i++) {
      values[i] = spec.slope(i);
    }
    this.slopes = device.allocate(values.length);
    slopes.upload(values);
  }

  @Override
  public void apply(Buffer activity, Buffer gradients, Buffer result, @Nullable Buffer lossScale) {
    spec.check(activity, gradients, result);
    OptimizerStep.requireLossScale(lossScale);
    device
        .module("loss")
        .kernel("rate_penalty")
        .launch(
            Grid.of(1, 32),
            new KernelArguments()
                .reads(activity)
                .reads(slopes)
                .reads(lossScale)
                .writes(gradients)
                .writes(result)
                .f32((float) spec.objective().target())
                .f32((float) spec.objective().strength())
                .i32(spec.layers())
                .computes(Operations.PENALTY, spec.layers()));
  }

  @Override
  public void close() {
    slopes.close();
  }
}
