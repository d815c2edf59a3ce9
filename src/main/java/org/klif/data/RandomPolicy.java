package org.klif.data;

import org.klif.data.frames.Call;
import org.klif.data.random.SampleRandom;

/**
 * Several operations drawn at random, all of one strength: RandAugment (E. Cubuk, B. Zoph, J.
 * Shlens, Q. Le, arXiv:1909.13719), the successor of AutoAugment that needs no search. Of its list
 * the operations that need no histogram are here: identity, turn, shear and shift in two directions
 * each, brightness, contrast, colour, posterise and solarise. The sign of a strength is drawn too.
 *
 * @param operations drawn for each sample
 * @param magnitude strength, 0 to 10
 */
record RandomPolicy(int operations, int magnitude) implements Augmentation {
  private static final double MOST = 10;

  /** What can be drawn. */
  private enum Operation {
    IDENTITY,
    TURN,
    SHEAR_X,
    SHEAR_Y,
    SHIFT_X,
    SHIFT_Y,
    BRIGHTNESS,
    CONTRAST,
    COLOUR,
    POSTERISE,
    SOLARISE
  }

  /** Checks the ranges. */
  RandomPolicy {
    if (operations < 1 || operations > 10 || magnitude < 0 || magnitude > MOST) {
      throw new IllegalArgumentException(
          "randaugment needs 1..10 operations and a magnitude 0..10, not %d and %d"
              .formatted(operations, magnitude));
    }
  }

  static RandomPolicy of(Call call) {
    return new RandomPolicy(
        call.wholeNumber(0, "randaugment's operations"),
        call.wholeNumber(1, "randaugment's magnitude"));
  }

  @Override
  public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    Operation[] all = Operation.values();
    for (int i = 0; i < operations; i++) {
      Operation operation = all[random.nextInt(all.length)];
      double strength = (random.nextDouble() < 0.5 ? -1 : 1) * magnitude / MOST;
      apply(operation, strength, sample, scratch, shape);
    }
  }

  private static void apply(
      Operation operation, double strength, float[] sample, float[] scratch, SampleShape shape) {
    // the largest strengths are the paper's: 30 degrees, shear 0.3, a shift of 0.45 of the side,
    // factors 0.1 to 1.9
    float factor = (float) (1 + 0.9 * strength);
    float shear = (float) (0.3 * strength);
    switch (operation) {
      case IDENTITY -> {}
      case TURN -> {
        double angle = StrictMath.toRadians(30 * strength);
        float cos = (float) StrictMath.cos(angle);
        float sin = (float) StrictMath.sin(angle);
        new Warp(cos, sin, -sin, cos, 0, 0).apply(sample, scratch, shape);
      }
      case SHEAR_X -> new Warp(1, shear, 0, 1, 0, 0).apply(sample, scratch, shape);
      case SHEAR_Y -> new Warp(1, 0, shear, 1, 0, 0).apply(sample, scratch, shape);
      case SHIFT_X ->
          new Warp(1, 0, 0, 1, 0.45 * strength * shape.width(), 0).apply(sample, scratch, shape);
      case SHIFT_Y ->
          new Warp(1, 0, 0, 1, 0, 0.45 * strength * shape.height()).apply(sample, scratch, shape);
      case BRIGHTNESS -> blend(sample, shape, 0, factor);
      case CONTRAST -> blend(sample, shape, mean(sample, shape), factor);
      case COLOUR -> saturate(sample, shape, factor);
      case POSTERISE -> posterise(sample, shape, 8 - (int) Math.round(4 * Math.abs(strength)));
      case SOLARISE -> solarise(sample, shape, (float) (1 - Math.abs(strength)));
    }
  }

  /** x = base + factor * (x - base), kept within 0..1. */
  private static void blend(float[] sample, SampleShape shape, float base, float factor) {
    for (int i = 0; i < shape.values(); i++) {
      sample[i] = clip(base + factor * (sample[i] - base));
    }
  }

  private static float mean(float[] sample, SampleShape shape) {
    double sum = 0;
    for (int i = 0; i < shape.values(); i++) {
      sum += sample[i];
    }
    return (float) (sum / shape.values());
  }

  /** Away from or towards the grey image, the mean of the channels. */
  private static void saturate(float[] sample, SampleShape shape, float factor) {
    int area = shape.height() * shape.width();
    int channels = shape.channels();
    for (int frame = 0; frame < shape.values(); frame += channels * area) {
      for (int p = frame; p < frame + area; p++) {
        float grey = 0;
        for (int c = 0; c < channels; c++) {
          grey += sample[p + c * area];
        }
        grey /= channels;
        for (int c = 0; c < channels; c++) {
          sample[p + c * area] = clip(grey + factor * (sample[p + c * area] - grey));
        }
      }
    }
  }

  /** Keeps the upper bits of a pixel of eight. */
  private static void posterise(float[] sample, SampleShape shape, int bits) {
    int kept = 256 - (1 << (8 - bits));
    for (int i = 0; i < shape.values(); i++) {
      sample[i] = (Math.round(sample[i] * 255) & kept) / 255f;
    }
  }

  /** Inverts what is at least as bright as the threshold. */
  private static void solarise(float[] sample, SampleShape shape, float threshold) {
    for (int i = 0; i < shape.values(); i++) {
      sample[i] = sample[i] >= threshold ? 1 - sample[i] : sample[i];
    }
  }

  private static float clip(float value) {
    return Math.min(1, Math.max(0, value));
  }

  @Override
  public String toString() {
    return "randaugment(" + operations + "," + magnitude + ")";
  }
}
