package org.klif.data.random;

/**
 * A small random generator (SplitMix64: G. Steele, D. Lea, C. Flood, OOPSLA 2014) whose numbers are
 * fixed by this code alone, not by the JDK's version. A stream is named by a seed and coordinates
 * such as (epoch, sample), so each sample has its own and threads cannot disturb one another. Not
 * thread-safe: one object per stream.
 */
public final class SampleRandom {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** The stream of {@code (seed, coordinates...)}. */
  public SampleRandom(long seed, long... coordinates) {
    state = mix(seed + GOLDEN_GAMMA);
    for (long coordinate : coordinates) {
      state = mix(state ^ mix(coordinate + GOLDEN_GAMMA)) + GOLDEN_GAMMA;
    }
  }

  /** 64 random bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [low, high). */
  public double nextDouble(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** Uniform in 0..bound-1; the bias of the scaling is below bound / 2^32. */
  public int nextInt(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** The numbers 0..size-1 in random order (Fisher-Yates). */
  public int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int other = nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }
}
