package org.klif.device;

import java.util.Arrays;
import org.klif.KlifException;
import org.klif.tensor.Extent;

/**
 * A planned two-dimensional convolution (a correlation, as is usual in this field). Activations are
 * channels last: x (images, H, W, inChannels), y (images, H', W', outChannels).
 *
 * <p>y[i, p, q, o] = b[o] + sum over r, s, c of x[i, p * sh + r - ph, q * sw + s - pw, c] * w[o, c,
 * r, s] with stride (sh, sw) and padding (ph, pw), where x is zero outside the image.
 */
public interface Convolution extends Product {
  /**
   * Shape of a convolution.
   *
   * @param images stored time steps times batch
   */
  record Spec(
      int images,
      int inChannels,
      int inHeight,
      int inWidth,
      int outChannels,
      Extent kernel,
      Extent stride,
      Extent padding) {
    /** Far above any memory, far below where sizes in bytes overflow. */
    private static final long MOST_VALUES = 1L << 40;

    /** Checks that the kernel fits and the tensors can be addressed. */
    public Spec {
      requirePositive("images", images);
      requirePositive("inChannels", inChannels);
      requirePositive("inHeight", inHeight);
      requirePositive("inWidth", inWidth);
      requirePositive("outChannels", outChannels);
      requirePositive("kernel", Math.min(kernel.height(), kernel.width()));
      requirePositive("stride", Math.min(stride.height(), stride.width()));
      if (!padding.isAtLeast(0)) {
        throw new KlifException("a convolution cannot have a padding of " + padding);
      }
      long rows = inHeight + 2L * padding.height() - kernel.height();
      long columns = inWidth + 2L * padding.width() - kernel.width();
      if (rows < 0 || columns < 0) {
        throw new KlifException(
            "a %s kernel does not fit an input of %dx%d with padding %s; use a smaller kernel or more padding"
                .formatted(kernel.both(), inHeight, inWidth, padding));
      }
      requireAddressable("input", images, inHeight, inWidth, inChannels);
      requireAddressable("weight tensor", kernel.height(), kernel.width(), inChannels, outChannels);
      long outHeight = rows / stride.height() + 1;
      long outWidth = columns / stride.width() + 1;
      requireAddressable("output", images, outHeight, outWidth, outChannels);
    }

    /** With a square kernel, the same stride and the same padding for height and width. */
    public Spec(
        int images,
        int inChannels,
        int inHeight,
        int inWidth,
        int outChannels,
        int kernel,
        int stride,
        int padding) {
      this(
          images,
          inChannels,
          inHeight,
          inWidth,
          outChannels,
          Extent.square(kernel),
          Extent.square(stride),
          Extent.square(padding));
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
      return (inHeight + 2 * padding.height() - kernel.height()) / stride.height() + 1;
    }

    /** W'. */
    public int outWidth() {
      return (inWidth + 2 * padding.width() - kernel.width()) / stride.width() + 1;
    }

    /** Floating-point operations of each of the three passes; a multiply-add is two. */
    public double operations() {
      return 2.0 * images * outHeight() * outWidth() * outChannels * inChannels * kernel.area();
    }

    /** Elements of the buffers. */
    public Sizes sizes() {
      return new Sizes(
          "a convolution",
          (long) images * inHeight * inWidth * inChannels,
          (long) kernel.area() * inChannels * outChannels,
          outChannels,
          (long) images * outHeight() * outWidth() * outChannels);
    }

    /** For messages: {@code 128x14x14x32 -> 64, 3x3 stride 1 padding 1}. */
    @Override
    public String toString() {
      return "%dx%dx%dx%d -> %d, %s stride %s padding %s"
          .formatted(
              images, inHeight, inWidth, inChannels, outChannels, kernel.both(), stride, padding);
    }
  }
}
