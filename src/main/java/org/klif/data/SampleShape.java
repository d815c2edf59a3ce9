package org.klif.data;

/**
 * The shape of one sample: an image (C, H, W), or a sequence of frames (T, C, H, W).
 *
 * @param isStatic true for an image; then {@code steps} is 1 and a network repeats it over its own
 *     T
 * @param steps T, the frames of a sequence
 * @param channels C
 * @param height H
 * @param width W
 */
public record SampleShape(boolean isStatic, int steps, int channels, int height, int width) {
  /** Checks that all sizes are positive and that one sample fits an array. */
  public SampleShape {
    if (steps < 1 || channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "sizes must be positive: T=%d C=%d H=%d W=%d".formatted(steps, channels, height, width));
    }
    if (isStatic && steps != 1) {
      throw new IllegalArgumentException("a static image has one step, not " + steps);
    }
    if ((double) steps * channels * height * width > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a sample of T=%d C=%d H=%d W=%d has more than %d values"
              .formatted(steps, channels, height, width, Integer.MAX_VALUE));
    }
  }

  /** An image (C, H, W). */
  public static SampleShape image(int channels, int height, int width) {
    return new SampleShape(true, 1, channels, height, width);
  }

  /** A sequence (T, C, H, W). */
  public static SampleShape sequence(int steps, int channels, int height, int width) {
    return new SampleShape(false, steps, channels, height, width);
  }

  /** Values in one sample: T*C*H*W. */
  public int values() {
    return steps * channels * height * width;
  }

  /** {@code 1x28x28}, or {@code 10x2x34x34} for a sequence. */
  @Override
  public String toString() {
    String image = channels + "x" + height + "x" + width;
    return isStatic ? image : steps + "x" + image;
  }
}
