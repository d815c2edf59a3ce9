package org.klif.data.frames;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.klif.data.random.SampleRandom;

/**
 * How a static image becomes a sequence of T frames. The text form is the name in small letters.
 */
public enum Encoder {
  /** Every frame is the image itself. */
  DIRECT,

  /**
   * Rate code: in every frame each pixel is 1 with the probability of its value, else 0. Frames and
   * pixels are independent of one another.
   */
  POISSON,

  /**
   * Latency code: each pixel is 1 in one frame, number (T-1) * (1 - value) rounded half to even,
   * and 0 in all others: the brightest first, black last (SpikingJelly's linear latency encoder).
   */
  LATENCY,

  /**
   * Frame t is column t of the image, of height 1 and as wide as the image is high: sequential
   * images (PSN, arXiv 2304.12760). T is the image's width.
   */
  COLUMNS;

  /** Whether the frames are pulses 0 and 1, for which values must be 0..1. */
  public boolean pulses() {
    return this == POISSON || this == LATENCY;
  }

  /**
   * Writes the frames of an image.
   *
   * @param image (C, H, W); values 0..1 for an encoder of pulses
   * @param width W
   * @param steps T; W for COLUMNS
   * @param random the sample's stream; only POISSON draws from it, T*C*H*W numbers
   * @param out (T, C, H, W), for COLUMNS (T, C, 1, H); every value is overwritten
   * @throws IllegalArgumentException when pulses are to be made of a value that is not in 0..1
   */
  public void encode(float[] image, int width, int steps, SampleRandom random, float[] out) {
    if (this == COLUMNS && steps != width) {
      throw new IllegalArgumentException("%d columns are no %d frames".formatted(width, steps));
    }
    Objects.checkFromIndexSize(
        0, this == COLUMNS ? image.length : Math.multiplyExact(steps, image.length), out.length);
    if (pulses()) {
      for (float value : image) {
        if (!(value >= 0 && value <= 1)) {
          throw new IllegalArgumentException(
              "the encoder %s needs values of 0..1, not %s".formatted(this, value));
        }
      }
    }
    switch (this) {
      case DIRECT -> {
        for (int t = 0; t < steps; t++) {
          System.arraycopy(image, 0, out, t * image.length, image.length);
        }
      }
      case POISSON -> {
        for (int i = 0; i < steps * image.length; i++) {
          out[i] = random.nextDouble() < image[i % image.length] ? 1 : 0;
        }
      }
      case LATENCY -> {
        Arrays.fill(out, 0, steps * image.length, 0);
        for (int p = 0; p < image.length; p++) {
          int t = (int) Math.rint((steps - 1) * (1.0 - image[p]));
          out[t * image.length + p] = 1;
        }
      }
      case COLUMNS -> {
        int rows = image.length / width;
        for (int row = 0; row < rows; row++) {
          for (int t = 0; t < width; t++) {
            out[t * rows + row] = image[row * width + t];
          }
        }
      }
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
