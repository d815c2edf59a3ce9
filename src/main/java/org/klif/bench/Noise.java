package org.klif.bench;

import java.util.SplittableRandom;
import org.klif.device.Buffer;

/** Random content for buffers, the same for the same seed. */
final class Noise {
  private static final int CHUNK = 1 << 18;

  private final SplittableRandom random;

  Noise(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Fills a buffer of numbers with N(mean, deviation^2). */
  void fill(Buffer target, double mean, double deviation) {
    float[] values = new float[(int) Math.min(CHUNK, target.size())];
    for (long at = 0; at < target.size(); at += values.length) {
      int length = (int) Math.min(values.length, target.size() - at);
      for (int i = 0; i < length; i++) {
        values[i] = (float) (mean + deviation * random.nextGaussian());
      }
      target.upload(values, 0, at, length);
    }
  }

  /** Values of N(0, 1). */
  float[] normal(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Labels from 0 to classes - 1. */
  int[] labels(int size, int classes) {
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = random.nextInt(classes);
    }
    return labels;
  }
}
