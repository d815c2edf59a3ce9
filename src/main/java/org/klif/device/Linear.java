package org.klif.device;

import org.jspecify.annotations.Nullable;

/**
 * A planned linear layer: y (rows, out) = x (rows, in) w' + bias. Weights have the device's own
 * layout.
 */
public interface Linear extends AutoCloseable {
  /**
   * Shape of a linear layer.
   *
   * @param rows stored time steps times batch
   */
  record Spec(int rows, int in, int out) {}

  /** y = x w' + bias; bias (out) may be null. */
  void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y);

  /** gx = gy w. */
  void backwardData(Buffer gy, Buffer weight, Buffer gx);

  /** gWeight = gy' x, and gBias = column sums of gy where not null; both are overwritten. */
  void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias);

  @Override
  void close();
}
