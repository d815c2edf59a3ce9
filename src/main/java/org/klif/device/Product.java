package org.klif.device;

import org.jspecify.annotations.Nullable;

/**
 * A planned product of activations and weights: a {@link Convolution} or a {@link Linear} layer.
 * Weights have the device's own layout.
 */
public interface Product extends PlannedOperation {
  /**
   * Elements of the buffers, or of their gradients.
   *
   * @param what the layer, for messages
   */
  record Sizes(String what, long input, long weight, long bias, long output) {
    /** Refuses buffers that do not fit. */
    public void check(Buffer x, Buffer weights, @Nullable Buffer b, Buffer y, DType activations) {
      BufferChecks.require("input of " + what, x, activations, input);
      BufferChecks.require("weight of " + what, weights, DType.FLOAT32, weight);
      BufferChecks.requireIfGiven("bias of " + what, b, DType.FLOAT32, bias);
      BufferChecks.require("output of " + what, y, activations, output);
    }
  }

  /** y from x and the weights, plus bias; bias (an element for each output channel) may be null. */
  void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y);

  /** gx from gy and the weights. */
  void backwardData(Buffer gy, Buffer weight, Buffer gx);

  /** gWeight, and gBias (sums of gy) where not null, from x and gy; both are overwritten. */
  void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias);
}
