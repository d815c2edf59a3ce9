package org.klif.data;

import java.util.Arrays;
import org.klif.data.random.SampleRandom;

/**
 * Sets a square to 0 in all planes (T. DeVries, G. Taylor, arXiv:1708.04552). Its centre is any
 * pixel, so that a part of it may lie outside.
 *
 * @param size of its side in pixels
 */
record Cutout(int size) implements Augmentation {
  /** Checks the size. */
  Cutout {
    if (size < 1 || size > 1000) {
      throw new IllegalArgumentException("cutout's size must be 1..1000, not " + size);
    }
  }

  @Override
  public void apply(float[] sample, float[] scratch, SampleShape shape, SampleRandom random) {
    int top = random.nextInt(shape.height()) - size / 2;
    int left = random.nextInt(shape.width()) - size / 2;
    int firstRow = Math.max(0, top);
    int endRow = Math.min(shape.height(), top + size);
    int firstColumn = Math.max(0, left);
    int endColumn = Math.min(shape.width(), left + size);
    int area = shape.height() * shape.width();
    for (int plane = 0; plane < shape.values(); plane += area) {
      for (int y = firstRow; y < endRow; y++) {
        int row = plane + y * shape.width();
        Arrays.fill(sample, row + firstColumn, row + endColumn, 0);
      }
    }
  }

  @Override
  public String toString() {
    return "cutout(" + size + ")";
  }
}
