package org.klif.device.cpu;

import java.util.Arrays;

/**
 * Sums for each channel in double precision: a partial sum for each block, added up in the order of
 * the blocks.
 */
final class BlockSums {
  private final int channels;
  private final double[] partial;

  BlockSums(int blocks, int channels) {
    this.channels = channels;
    this.partial = new double[blocks * channels];
  }

  /**
   * A block's sums from one accumulator for each element of a chunk, in a worker's scratch memory.
   */
  void fold(int block, float[] accumulators, int chunk) {
    for (int channel = 0; channel < channels; channel++) {
      // written once: blocks of other threads may have their sums in the same line of the cache
      double sum = 0;
      for (int i = channel; i < chunk; i += channels) {
        sum += accumulators[Scratch.FIRST + i];
      }
      partial[block * channels + channel] = sum;
    }
  }

  /** A block's sums over rows of one element for each channel. */
  void rows(int block, Elements numbers, int rows) {
    int base = block * channels;
    Arrays.fill(partial, base, base + channels, 0);
    for (int row = 0, at = 0; row < rows; row++) {
      for (int channel = 0; channel < channels; channel++, at++) {
        partial[base + channel] += numbers.get(at);
      }
    }
  }

  /** A block's sum, of a single channel. */
  void set(int block, double sum) {
    partial[block] = sum;
  }

  /** The sum of a channel. */
  double total(int channel) {
    double total = 0;
    for (int at = channel; at < partial.length; at += channels) {
      total += partial[at];
    }
    return total;
  }
}
