package org.klif.testing;

import java.util.Random;

/** Random numbers for tests, from a seed. */
final class Uniform {
  private final Random random;

  Uniform(long seed) {
    random = new Random(seed);
  }

  /** Numbers from -1 to below 1. */
  float[] floats(int size) {
    return floats(size, -1, 1);
  }

  /** Numbers from low to below high. */
  float[] floats(int size, double low, double high) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return values;
  }

  /** Numbers 0 to bound - 1. */
  int[] ints(int size, int bound) {
    int[] values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = random.nextInt(bound);
    }
    return values;
  }
}
