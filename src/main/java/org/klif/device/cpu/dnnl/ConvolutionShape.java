package org.klif.device.cpu.dnnl;

import java.util.Arrays;
import org.klif.KlifException;

/**
 * Sizes of a two-dimensional convolution with a square kernel, equal stride and zero padding in
 * both directions. Activations are channels-last (images, height, width, channels), weights (kernel
 * row, kernel column, inChannels, outChannels).
 *
 * <p>y[i, p, q, o] = b[o] + sum over r, s, c of x[i, p * stride + r - padding, q * stride + s -
 * padding, c] * w[r, s, c, o], where x is zero outside the image.
 */
public record ConvolutionShape(
    int images,
    int inChannels,
    int inHeight,
    int inWidth,
    int outChannels,
    int kernel,
    int stride,
    int padding) {
  /** Far above any memory, far below where sizes in bytes overflow. */
  private static final long MAX_FLOATS = 1L << 40;

  public ConvolutionShape {
    requirePositive("images", images);
    requirePositive("inChannels", inChannels);
    requirePositive("inHeight", inHeight);
    requirePositive("inWidth", inWidth);
    requirePositive("outChannels", outChannels);
    requirePositive("kernel", kernel);
    requirePositive("stride", stride);
    if (padding < 0) {
      throw new KlifException("A convolution cannot have a padding of " + padding + ".");
    }
    if (inHeight + 2L * padding < kernel || inWidth + 2L * padding < kernel) {
      throw new KlifException(
          "A convolution kernel of "
              + kernel
              + "x"
              + kernel
              + " does not fit an input of "
              + inHeight
              + "x"
              + inWidth
              + " with padding "
              + padding
              + ".");
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
      if (product > MAX_FLOATS / size) {
        throw new KlifException(
            "A convolution's "
                + name
                + " with sizes "
                + Arrays.toString(sizes)
                + " has more than 2^40 values.");
      }
      product *= size;
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new KlifException(
          "A convolution needs at least 1 for " + name + ", not " + value + ".");
    }
  }

  public int outHeight() {
    return (inHeight + 2 * padding - kernel) / stride + 1;
  }

  public int outWidth() {
    return (inWidth + 2 * padding - kernel) / stride + 1;
  }

  /** Floats in x. */
  public long inputSize() {
    return (long) images * inHeight * inWidth * inChannels;
  }

  /** Floats in y. */
  public long outputSize() {
    return (long) images * outHeight() * outWidth() * outChannels;
  }

  /** Floats in w. */
  public long weightSize() {
    return (long) kernel * kernel * inChannels * outChannels;
  }

  /** Floating point operations of one pass: two for each product, padding counted too. */
  public long flops() {
    return 2 * outputSize() * kernel * kernel * inChannels;
  }

  /** For messages: {@code 128x14x14x32 -> 64, 3x3 stride 1 padding 1}. */
  @Override
  public String toString() {
    return images
        + "x"
        + inHeight
        + "x"
        + inWidth
        + "x"
        + inChannels
        + " -> "
        + outChannels
        + ", "
        + kernel
        + "x"
        + kernel
        + " stride "
        + stride
        + " padding "
        + padding;
  }
}
