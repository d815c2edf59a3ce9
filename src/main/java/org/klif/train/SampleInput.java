package org.klif.train;

import org.klif.data.Encoding;
import org.klif.data.Normalisation;
import org.klif.data.SampleShape;

/**
 * What becomes of a sample ahead of a network: encoded as the first one of an evaluation,
 * normalised, channels last.
 *
 * @param shape of a sample
 * @param encoding of images
 * @param normalisation of values 0 to 1; pulses stay as they are
 * @param seed of the encoding
 */
public record SampleInput(
    SampleShape shape, Encoding encoding, Normalisation normalisation, long seed) {

  /** The shape as the network takes it. */
  public SampleShape encoded() {
    return encoding.shape(shape);
  }

  /**
   * A whole sample.
   *
   * @param sample (T, C, H, W), or (C, H, W) when static
   * @return each frame (H, W, C)
   */
  public float[] of(float[] sample) {
    if (encoding.isDirect()) {
      return frames(sample, shape.steps());
    }
    float[] frames = new float[encoded().values()];
    encoding.encode(sample.clone(), shape.width(), seed, 0, 0, frames);
    return frames(frames, encoded().steps());
  }

  /** Frames (C, H, W) as frames (H, W, C), normalised. */
  public float[] frames(float[] frames, int count) {
    Normalisation each = encoding.normalisation(normalisation);
    int pixels = encoded().height() * encoded().width();
    int channels = shape.channels();
    float[] out = new float[count * channels * pixels];
    for (int t = 0; t < count; t++) {
      int frame = t * channels * pixels;
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
          out[frame + p * channels + c] = each.apply(frames[frame + c * pixels + p], c);
        }
      }
    }
    return out;
  }
}
