package org.klif.device.cpu;

/**
 * Philox4x32-10, a counter-based generator (J. Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011): the same key and counter give the same four words on every device, in any
 * order.
 */
final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;

  private Philox() {}

  /** Writes the four random words of the counter (a, b, c, d) to words, from {@code at} on. */
  static void generate(int[] words, int at, int a, int b, int c, int d, int key0, int key1) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < 10; round++) {
      long product0 = Integer.toUnsignedLong(M0) * Integer.toUnsignedLong(a);
      long product1 = Integer.toUnsignedLong(M1) * Integer.toUnsignedLong(c);
      a = (int) (product1 >>> 32) ^ b ^ k0;
      c = (int) (product0 >>> 32) ^ d ^ k1;
      b = (int) product1;
      d = (int) product0;
      k0 += W0;
      k1 += W1;
    }
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
  }
}
