package org.klif.tensor;

import org.klif.KlifException;

/**
 * Shape of a sequence of activations, (T, N, C, H, W) in logical order.
 *
 * <p>In memory channels come last: (T, N, H, W, C), so that convolutions, per-channel parameters
 * and vector lanes all run along C. A constant sequence (the same at each time step, as before the
 * first neuron of a static image) is stored once: (N, H, W, C). Outputs of a linear layer have C
 * features and H = W = 1.
 *
 * @param steps T
 * @param constant stored once instead of T times
 * @param batch N
 * @param channels C
 * @param height H
 * @param width W
 */
public record ActivationShape(
    int steps, boolean constant, int batch, int channels, int height, int width) {

  /** Checks that all sizes are positive. */
  public ActivationShape {
    if (steps < 1 || batch < 1 || channels < 1 || height < 1 || width < 1) {
      throw new KlifException(
          "every size of an activation must be at least 1: T %d, N %d, C %d, H %d, W %d"
              .formatted(steps, batch, channels, height, width));
    }
  }

  /** Time steps in memory: 1 when constant. */
  public int storedSteps() {
    return constant ? 1 : steps;
  }

  /** Stored time steps times batch: what a convolution sees as its batch. */
  public int images() {
    return Math.multiplyExact(storedSteps(), batch);
  }

  /** C * H * W. */
  public int features() {
    return Math.multiplyExact(channels, Math.multiplyExact(height, width));
  }

  /** Stored elements. */
  public long elements() {
    return Math.multiplyExact((long) images(), (long) features());
  }

  /** The same with other channels, height and width. */
  public ActivationShape withImage(int newChannels, int newHeight, int newWidth) {
    return new ActivationShape(steps, constant, batch, newChannels, newHeight, newWidth);
  }

  /** The same with another T. */
  public ActivationShape withSteps(int newSteps) {
    return new ActivationShape(newSteps, constant, batch, channels, height, width);
  }

  /** The same sequence, stored T times. */
  public ActivationShape varying() {
    return new ActivationShape(steps, false, batch, channels, height, width);
  }

  /** "T4 N16 128x14x14", with "constant" where it is. */
  @Override
  public String toString() {
    return "T%d%s N%d %s".formatted(steps, constant ? " (constant)" : "", batch, imageText());
  }

  /** "128x14x14", or "100" for features. */
  public String imageText() {
    return height == 1 && width == 1
        ? Integer.toString(channels)
        : "%dx%dx%d".formatted(channels, height, width);
  }
}
