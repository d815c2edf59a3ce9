package org.klif.bench;

import java.util.Random;
import org.klif.device.Buffer;

/** Fills benchmark inputs; the same seed gives the same values. */
final class RandomValues {
  private static final int PIECE = 1 << 16;

  /** Standard normal numbers. */
  static void normal(Buffer target, long seed) {
    Random random = new Random(seed);
    float[] piece = new float[(int) Math.min(PIECE, target.size())];
    for (long from = 0; from < target.size(); from += piece.length) {
      int length = (int) Math.min(piece.length, target.size() - from);
      for (int i = 0; i < length; i++) {
        piece[i] = (float) random.nextGaussian();
      }
      target.upload(piece, 0, from, length);
    }
  }

  private RandomValues() {}
}
