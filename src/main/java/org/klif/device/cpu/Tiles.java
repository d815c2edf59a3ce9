package org.klif.device.cpu;

import java.util.Arrays;

/**
 * Per-channel values repeated along a chunk, so that element i of a chunk finds its channel's value
 * at index i: chunks start at channel 0.
 */
public final class Tiles {
  /** k. */
  public final float[] k;

  /** 1/k with scaleReset, else 1. */
  public final float[] q;

  /** Batch norm's scale, or 1. */
  public final float[] scale;

  /** Batch norm's shift, or 0. */
  public final float[] shift;

  /** Batch norm's mean, or 0. */
  public final float[] mean;

  /** Batch norm's 1 / standard deviation, or 0. */
  public final float[] invStd;

  Tiles(int length) {
    k = ones(length);
    q = ones(length);
    scale = ones(length);
    shift = new float[length];
    mean = new float[length];
    invStd = new float[length];
  }

  private static float[] ones(int length) {
    float[] values = new float[length];
    Arrays.fill(values, 1f);
    return values;
  }

  /** Repeats values (one, or one per channel) along target. */
  static void tile(float[] values, int count, float[] target) {
    if (count == 1) {
      Arrays.fill(target, values[0]);
      return;
    }
    for (int i = 0, channel = 0; i < target.length; i++) {
      target[i] = values[channel];
      channel = channel + 1 == count ? 0 : channel + 1;
    }
  }
}
