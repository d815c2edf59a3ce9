package org.klif.data;

import org.klif.data.frames.Encoder;
import org.klif.data.random.SampleRandom;

/**
 * What static images become ahead of the network. DIRECT leaves them as they are: stored once,
 * normalised, and repeated by the network over its T. COLUMNS gives each sample T frames, its
 * columns, which are normalised. The other encoders give T frames of pulses 0 or 1, which are not.
 *
 * @param encoder how
 * @param steps T, the frames that an encoder other than DIRECT gives
 */
public record Encoding(Encoder encoder, int steps) {
  /** Images stay images, and frames stay frames. */
  public static final Encoding DIRECT = new Encoding(Encoder.DIRECT, 1);

  /** Keeps the stream apart from those of {@link BatchLoader}'s order and augmentation. */
  private static final long STREAM = 3;

  /** Checks the number of steps. */
  public Encoding {
    if (steps < 1) {
      throw new IllegalArgumentException("an encoder gives at least one frame, not " + steps);
    }
  }

  /** True when samples stay as they are. */
  public boolean isDirect() {
    return encoder == Encoder.DIRECT;
  }

  /**
   * The shape of an encoded sample.
   *
   * @throws IllegalArgumentException when samples are frames already and this is not direct
   */
  public SampleShape shape(SampleShape source) {
    if (isDirect()) {
      return source;
    }
    if (!source.isStatic()) {
      throw new IllegalArgumentException("the encoder %s is for images".formatted(encoder));
    }
    return encoder == Encoder.COLUMNS
        ? SampleShape.sequence(steps, source.channels(), 1, source.height())
        : SampleShape.sequence(steps, source.channels(), source.height(), source.width());
  }

  /** The normalisation of what this gives, when that of the images is known. */
  public Normalisation normalisation(Normalisation ofImages) {
    return encoder.pulses() ? Normalisation.NONE : ofImages;
  }

  /**
   * Writes the frames of an image. Values that interpolation has brought out of 0..1 count as the
   * nearer end.
   *
   * @param image (C, H, W); clipped in place where pulses are made of it
   * @param width W
   * @param epoch of training from 1; 0 where every pass is to see the same frames
   * @param sample its number in the data set
   * @param out (T, C, H, W), for columns (T, C, 1, H); every value is overwritten
   */
  public void encode(float[] image, int width, long seed, int epoch, int sample, float[] out) {
    if (encoder.pulses()) {
      for (int i = 0; i < image.length; i++) {
        image[i] = Math.min(1, Math.max(0, image[i]));
      }
    }
    encoder.encode(image, width, steps, new SampleRandom(seed, STREAM, epoch, sample), out);
  }
}
