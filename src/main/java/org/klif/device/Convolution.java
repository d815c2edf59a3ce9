package org.klif.device;

import java.util.Arrays;
import org.klif.KlifException;

/**
 * A planned two-dimensional convolution (a correlation, as is usual in this field). Activations are
 * channels last: x (images, H, W, inChannels), y (images, H', W', outChannels).
 *
 * <p>y[i, p, q, o] = b[o] + sum over r, s, c of x[i, p * stride + r - padding, q * stride + s -
 * padding, c] * w[o, c, r, s], where x is zero outside the image.
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
    /** Far above any memory, far below where sizes in bytes overflow. */
    private static final long MOST_VALUES = 1L << 40;

    /** Checks that the kernel fits and the tensors can be addressed. */
    public Spec {
      requirePositive("images", images);
      requirePositive("inChannels", inChannels);
      requirePositive("inHeight", inHeight);
      requirePositive("inWidth", inWidth);
      requirePositive("outChannels", outChannels);
      requirePositive("kernel", kernel);
      requirePositive("stride", stride);
      if (padding < 0) {
        throw new KlifException("a convolution cannot have a padding of " + padding);
      }
      if (inHeight + 2L * padding < kernel || inWidth + 2L * padding < kernel) {
        throw new KlifException(
            "a %dx%d kernel does not fit an input of %dx%d with padding %d"
                .formatted(kernel, kernel, inHeight, inWidth, padding));
      }
      requireAddressable("input", images, inHeight, inWidth, inChannels);
      requireAddressable("weight tensor", kernel, kernel, inChannels, outChannels);
      long outHeight = (inHeight + 2L * padding - kernel) / stride + 1;
      long outWidth = (inWidth + 2L * padding - kernel) / stride + 1;
      requireAddressable("output", images, outHeight, outWidth, outChannels);
    }

    private static void requireAddressable(String name, long... sizes) {
      long product = 1;
      for (long size : sizes) {
        if (product > MOST_VALUES / size) {
          throw new KlifException(
              "a convolution's %s with sizes %s has more than 2^40 values"
                  .formatted(name, Arrays.toString(sizes)));
        }
        product *= size;
      }
    }

    private static void requirePositive(String name, int value) {
      if (value < 1) {
        throw new KlifException(
            "a convolution needs at least 1 for %s, not %d".formatted(name, value));
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

    /** Elements of the buffers. */
    public Sizes sizes() {
      return new Sizes(
          "a convolution",
          (long) images * inHeight * inWidth * inChannels,
          (long) kernel * kernel * inChannels * outChannels,
          outChannels,
          (long) images * outHeight() * outWidth() * outChannels);
    }

    /** For messages: {@code 128x14x14x32 -> 64, 3x3 stride 1 padding 1}. */
    @Override
    public String toString() {
      return "%dx%dx%dx%d -> %d, %dx%d stride %d padding %d"
          .formatted(
              images, inHeight, inWidth, inChannels, outChannels, kernel, kernel, stride, padding);
    }
  }
}
