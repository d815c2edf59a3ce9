package org.klif.data;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages files: a few random edits, among them those that header fields fear most. */
final class Mutator {
  private static final int[] EXTREMES = {
    0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30, 1 << 16, 0xFFFF, 255, 127
  };

  private static final int LARGEST = 1 << 14;

  private final Random random;

  Mutator(long seed) {
    random = new Random(seed);
  }

  /** Whether, in so many of 100 cases. */
  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** One of the seeds, damaged in 1 to 8 places; in 2 of 100 cases junk. */
  byte[] next(List<byte[]> seeds) {
    if (chance(2)) {
      byte[] junk = new byte[random.nextInt(600)];
      random.nextBytes(junk);
      return junk;
    }
    byte[] bytes = seeds.get(random.nextInt(seeds.size())).clone();
    for (int edits = 1 + random.nextInt(8); edits > 0; edits--) {
      bytes = edit(bytes, seeds);
    }
    return bytes.length > LARGEST ? Arrays.copyOf(bytes, LARGEST) : bytes;
  }

  private byte[] edit(byte[] bytes, List<byte[]> seeds) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt(256)};
    }
    int at = place(bytes.length);
    switch (random.nextInt(9)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> putInt(bytes, at, EXTREMES[random.nextInt(EXTREMES.length)], random.nextBoolean());
      case 3 -> putInt(bytes, at, random.nextInt(), true);
      case 4 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 5 -> {
        return splice(bytes, at, bytes, Math.min(bytes.length, at + 1 + random.nextInt(64)));
      }
      case 6 -> {
        return splice(bytes, Math.min(bytes.length, at + 1 + random.nextInt(64)), bytes, at);
      }
      case 7 -> {
        byte[] other = seeds.get(random.nextInt(seeds.size()));
        return splice(bytes, at, other, other.length == 0 ? 0 : random.nextInt(other.length));
      }
      default -> {
        byte[] junk = new byte[1 + random.nextInt(16)];
        random.nextBytes(junk);
        return splice(splice(bytes, at, junk, 0), at + junk.length, bytes, at);
      }
    }
    return bytes;
  }

  /** Half of the edits hit the first 64 bytes, where headers are. */
  private int place(int length) {
    return random.nextInt(random.nextBoolean() ? Math.min(64, length) : length);
  }

  /** The beginning of {@code a} up to {@code to}, then {@code b} from {@code from} on. */
  private static byte[] splice(byte[] a, int to, byte[] b, int from) {
    byte[] both = Arrays.copyOf(a, to + b.length - from);
    System.arraycopy(b, from, both, to, b.length - from);
    return both;
  }

  private static void putInt(byte[] bytes, int at, int value, boolean big) {
    for (int b = 0; b < 4 && at + b < bytes.length; b++) {
      bytes[at + b] = (byte) (value >> (8 * (big ? 3 - b : b)));
    }
  }
}
