package org.klif.nn;

/**
 * Random numbers for one parameter, from the seed and the parameter's name: another layer in the
 * network changes nothing here. SplitMix64 (Steele, Lea, Flood 2014) and the Box-Muller transform,
 * written out so that no library's version changes them.
 */
final class ParameterRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private long state;

  ParameterRandom(long seed, String name) {
    long hash = mix(seed + GOLDEN);
    for (int i = 0; i < name.length(); i++) {
      hash = mix((hash ^ name.charAt(i)) + GOLDEN);
    }
    state = hash;
  }

  /** Uniform in [-bound, bound). */
  float[] uniform(int size, double bound) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) ((2 * unit() - 1) * bound);
    }
    return values;
  }

  /** Normal with mean 0. */
  float[] normal(int size, double std) {
    float[] values = new float[size];
    for (int i = 0; i < size; i += 2) {
      // 1 - unit() is above 0, so the logarithm is finite
      double radius = std * StrictMath.sqrt(-2 * StrictMath.log(1 - unit()));
      double angle = 2 * Math.PI * unit();
      values[i] = (float) (radius * StrictMath.cos(angle));
      if (i + 1 < size) {
        values[i + 1] = (float) (radius * StrictMath.sin(angle));
      }
    }
    return values;
  }

  /** Uniform in [0, 1), 53 bits. */
  private double unit() {
    state += GOLDEN;
    return (mix(state) >>> 11) * 0x1p-53;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
