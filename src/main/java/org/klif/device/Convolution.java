package org.klif.device;

import org.klif.KlifException;

/**
 * A planned two-dimensional convolution (a correlation, as is usual in this field). Activations are
 * channels last: x (images, H, W, inChannels), y (images, H', W', outChannels).
 */
public interface Convolution extends Product {
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
}
