package org.klif.data;

import org.klif.data.random.SampleRandom;

/**
 * Mixes a training sample with another: mixup (Zhang et al. 2018, arXiv:1710.09412) takes w times
 * the one and 1 - w times the other, cutmix (Yun et al. 2019, arXiv:1905.04899) puts a rectangle of
 * the other into all planes. Where both are chosen, each sample has one of them, at even odds.
 *
 * @param mixup alpha of Beta(alpha, alpha), from which w comes; 0 for none
 * @param cutmix alpha of Beta(alpha, alpha), from which 1 - w, the rectangle's share of the image,
 *     comes; 0 for none
 */
public record Mixing(double mixup, double cutmix) {
  /** Samples stay as they are. */
  public static final Mixing NONE = new Mixing(0, 0);

  /** Largest alpha; w is next to 1/2 then. */
  public static final double LARGEST = 100;

  /** Checks the ranges. */
  public Mixing {
    if (!(mixup >= 0 && mixup <= LARGEST && cutmix >= 0 && cutmix <= LARGEST)) {
      throw new IllegalArgumentException("alpha must be from 0 to " + LARGEST);
    }
  }

  /** Whether samples stay as they are. */
  public boolean isNone() {
    return mixup == 0 && cutmix == 0;
  }

  /**
   * Mixes another sample into one.
   *
   * @param sample (T, C, H, W) row-major, changed
   * @param other as large
   * @return the share of the sample itself
   */
  float apply(float[] sample, float[] other, SampleShape shape, SampleRandom random) {
    boolean cut = cutmix > 0 && (mixup == 0 || random.nextDouble() < 0.5);
    return cut ? cut(sample, other, shape, random) : blend(sample, other, shape, random);
  }

  private float blend(float[] sample, float[] other, SampleShape shape, SampleRandom random) {
    float own = (float) random.nextBeta(mixup);
    for (int i = 0; i < shape.values(); i++) {
      sample[i] = own * sample[i] + (1 - own) * other[i];
    }
    return own;
  }

  /** The rectangle's centre is any pixel, so that a part of it may lie outside. */
  private float cut(float[] sample, float[] other, SampleShape shape, SampleRandom random) {
    double side = Math.sqrt(1 - random.nextBeta(cutmix));
    int rows = (int) (shape.height() * side);
    int columns = (int) (shape.width() * side);
    int top = random.nextInt(shape.height()) - rows / 2;
    int left = random.nextInt(shape.width()) - columns / 2;
    int firstRow = Math.max(0, top);
    int endRow = Math.min(shape.height(), top + rows);
    int firstColumn = Math.max(0, left);
    int endColumn = Math.min(shape.width(), left + columns);
    int area = shape.height() * shape.width();
    for (int plane = 0; plane < shape.values(); plane += area) {
      for (int y = firstRow; y < endRow; y++) {
        int at = plane + y * shape.width() + firstColumn;
        System.arraycopy(other, at, sample, at, endColumn - firstColumn);
      }
    }
    return 1 - (float) ((endRow - firstRow) * (endColumn - firstColumn)) / area;
  }
}
