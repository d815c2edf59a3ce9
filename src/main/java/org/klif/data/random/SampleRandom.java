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

  /**
   * Beta(alpha, alpha), symmetric about 1/2: G / (G + G'), both of the gamma distribution.
   *
   * @param alpha above 0; far below 1 the values lie at 0 and 1, far above it at 1/2
   */
  public double nextBeta(double alpha) {
    // of logarithms, as a gamma number of a small alpha may be less than the least double
    double one = logGamma(alpha);
    double other = logGamma(alpha);
    return 1 / (1 + StrictMath.exp(other - one));
  }

  /**
   * Logarithm of a number of Gamma(alpha, 1): G. Marsaglia, W. W. Tsang, ACM TOMS 26 (2000), by
   * StrictMath, whose last digits are the same on every Java.
   */
  private double logGamma(double alpha) {
    double boost = alpha < 1 ? StrictMath.log(1 - nextDouble()) / alpha : 0;
    double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = nextNormal();
      double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
      if (v > 0
          && StrictMath.log(1 - nextDouble()) < 0.5 * x * x + d * (1 - v + StrictMath.log(v))) {
        return StrictMath.log(d * v) + boost;
      }
    }
  }

  /** N(0, 1), by Marsaglia's polar method. */
  private double nextNormal() {
    while (true) {
      double x = 2 * nextDouble() - 1;
      double y = 2 * nextDouble() - 1;
      double square = x * x + y * y;
      if (square > 0 && square < 1) {
        return x * Math.sqrt(-2 * StrictMath.log(square) / square);
      }
    }
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
