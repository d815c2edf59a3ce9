package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * A planned two-dimensional convolution (a correlation, as is usual in this field). Activations are
 * channels last: x (images, H, W, inChannels), y (images, H', W', outChannels). Weights have the
 * device's own layout.
 */
public interface Convolution extends AutoCloseable {
  /**
   * Shape of a convolution with a square kernel.
   *
   * @param images stored time steps times batch
   */
  record Spec(
      int images,
      int inChannels,
      int inHeight,
      int inWidth,
      int outChannels,
      int kernel,
      int stride,
      int padding) {
    /** Checks that the kernel fits. */
    public Spec {
      if (inHeight + 2 * padding < kernel || inWidth + 2 * padding < kernel) {
        throw new KlifException(
            "a %dx%d kernel does not fit an input of %dx%d with padding %d"
                .formatted(kernel, kernel, inHeight, inWidth, padding));
      }
    }

    /** H'. */
    public int outHeight() {
      return (inHeight + 2 * padding - kernel) / stride + 1;
    }

    /** W'. */
    public int outWidth() {
      return (inWidth + 2 * padding - kernel) / stride + 1;
    }
  }

  /** y = x * w + bias; bias (outChannels) may be null. */
  void forward(Buffer x, Buffer weight, @Nullable Buffer bias, Buffer y);

  /** gx from gy. */
  void backwardData(Buffer gy, Buffer weight, Buffer gx);

  /** gWeight, and gBias where not null, from x and gy; both are overwritten. */
  void backwardWeights(Buffer x, Buffer gy, Buffer gWeight, @Nullable Buffer gBias);

  @Override
  void close();
}
