package org.klif.testing;

import java.math.BigInteger;

/** Philox4x32-10 by its published rounds, with 64-bit products from BigInteger. */
final class ReferencePhilox {
  private static final BigInteger WORD = BigInteger.ONE.shiftLeft(32);

  private ReferencePhilox() {}

  /** Four words, each from 0 to below 2^32. */
  static long[] words(long[] counter, long[] key) {
    BigInteger[] c = wide(counter);
    BigInteger[] k = wide(key);
    BigInteger m0 = BigInteger.valueOf(0xD2511F53L);
    BigInteger m1 = BigInteger.valueOf(0xCD9E8D57L);
    for (int round = 0; round < 10; round++) {
      BigInteger[] p0 = m0.multiply(c[0]).divideAndRemainder(WORD);
      BigInteger[] p1 = m1.multiply(c[2]).divideAndRemainder(WORD);
      c = new BigInteger[] {p1[0].xor(c[1]).xor(k[0]), p1[1], p0[0].xor(c[3]).xor(k[1]), p0[1]};
      k[0] = k[0].add(BigInteger.valueOf(0x9E3779B9L)).mod(WORD);
      k[1] = k[1].add(BigInteger.valueOf(0xBB67AE85L)).mod(WORD);
    }
    long[] words = new long[4];
    for (int i = 0; i < 4; i++) {
      words[i] = c[i].longValueExact();
    }
    return words;
  }

  private static BigInteger[] wide(long[] values) {
    BigInteger[] all = new BigInteger[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = BigInteger.valueOf(values[i]);
    }
    return all;
  }
}
