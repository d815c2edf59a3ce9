package org.klif.train;

import org.klif.UsageException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.CapturedWork;
import org.klif.device.OptimizerStep;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.optim.Optimizer;

/**
 * A training step with a loss that is computed outside of the device, for one batch size: the work
 * ahead of the loss and that behind it are captured each.
 */
public final class OwnLossStep implements AutoCloseable {
  private final BufferScope scope;
  private final Optimizer optimizer;
  private final NetworkPlan plan;
  private final CapturedWork ahead;
  private final CapturedWork behind;

  /** Plans for batches of that size. */
  public OwnLossStep(Network network, int size, Optimizer optimizer) {
    this.optimizer = optimizer;
    this.scope = new BufferScope(network.device());
    try {
      plan = scope.own(network.plan(size, true));
      if (size == 1 && !plan.normsOfOneValue().isEmpty()) {
        throw new UsageException(
            "batch norm %s has one value a channel in a batch of 1 sample, and one value has no variance"
                .formatted(plan.normsOfOneValue().get(0)));
      }
      ahead = scope.own(network.device().capture(() -> plan.forward(true)));
      behind =
          scope.own(
              network
                  .device()
                  .capture(
                      () -> {
                        plan.backward(optimizer.lossScale());
                        optimizer.apply();
                      }));
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  /**
   * Runs the network in training mode.
   *
   * @param images (N, H, W, C), or (T, N, H, W, C) for frames
   * @return (T, N, classes)
   */
  public float[] forward(float[] images) {
    plan.input().upload(images);
    ahead.run();
    return plan.output().toArray();
  }

  /** Backward from the gradient of the loss by the output, and the update; does not wait. */
  public void backward(float[] gradient) {
    Buffer scale = optimizer.lossScale();
    float factor = scale == null ? 1 : scale.toArray()[OptimizerStep.SCALE];
    float[] scaled = gradient;
    if (factor != 1) {
      scaled = gradient.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] *= factor;
      }
    }
    plan.outputGradient().upload(scaled);
    behind.run();
  }

  @Override
  public void close() {
    scope.close();
  }
}
