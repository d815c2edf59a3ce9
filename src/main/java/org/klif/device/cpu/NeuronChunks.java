package org.klif.device.cpu;

import org.klif.device.NeuronUnitChecks;
import org.klif.tensor.ActivationShape;

/**
 * How the neurons of a layer are cut into chunks that a core carries through all T, and the chunks
 * into blocks that the threads share. Both depend on the shape alone, so sums do not depend on the
 * number of threads.
 */
final class NeuronChunks {
  private static final int MOST_BLOCKS = 64;

  private final ActivationShape input;
  private final boolean pooled;
  private final int perStep;
  private final int windows;
  private final int segments;
  private final int length;
  private final int count;

  /**
   * Cuts a layer.
   *
   * @param pooled 2x2 windows are kept together
   * @param channels 1, or the layer's channels where parameters differ between them: chunks then
   *     start at channel 0
   */
  NeuronChunks(ActivationShape input, boolean pooled, int channels) {
    this.input = input;
    this.pooled = pooled;
    this.perStep = (int) NeuronUnitChecks.perStep(input);
    // a chunk's H, S and surrogate over all T should stay in the caches of the core
    int target = Math.max(64, Math.min(512, 65536 / input.steps()));
    if (pooled) {
      windows = Math.max(1, Math.min(input.width() / 2, target / 4 / input.channels()));
      segments = (input.width() / 2 + windows - 1) / windows;
      length = 4 * windows * input.channels();
      count = Math.multiplyExact(input.batch(), Math.multiplyExact(input.height() / 2, segments));
    } else {
      windows = 0;
      segments = 0;
      int period = leastCommonMultiple(channels, 16);
      if (period > 4096) {
        period = channels;
      }
      length = period * Math.max(1, target / period);
      count = (int) (((long) perStep + length - 1) / length);
    }
  }

  private static int leastCommonMultiple(int a, int b) {
    int x = a;
    int y = b;
    while (y != 0) {
      int rest = x % y;
      x = y;
      y = rest;
    }
    return a / x * b;
  }

  /** Elements of a whole chunk. */
  int length() {
    return length;
  }

  /** Number of chunks. */
  int count() {
    return count;
  }

  /** Number of blocks. */
  int blocks() {
    return Math.min(count, MOST_BLOCKS);
  }

  /** First chunk of a block; the block after the last one starts at the number of chunks. */
  int first(int block) {
    return (int) ((long) count * block / blocks());
  }

  /**
   * Where one chunk lies.
   *
   * @param runs 1, or 2 (the two rows of pooling windows)
   * @param n elements of a run
   * @param first element of the first run within a time step
   * @param second element of the second run
   * @param out first element of the chunk's output within a time step
   * @param windows pooling windows, 0 without pooling
   */
  record Place(int runs, int n, int first, int second, int out, int windows) {
    int at(int run) {
      return run == 0 ? first : second;
    }

    int size() {
      return runs * n;
    }

    /** What the windows cover, in a worker's arrays. */
    Kernels.PooledRows rows(boolean max, int channels) {
      return new Kernels.PooledRows(max, size() / 2, channels, windows);
    }
  }

  /** The place of a chunk. */
  Place place(int index) {
    if (!pooled) {
      int start = index * length;
      return new Place(1, Math.min(length, perStep - start), start, 0, start, 0);
    }
    int c = input.channels();
    int rowsOfWindows = input.height() / 2;
    int row = index / segments;
    int window = index % segments * windows;
    int image = row / rowsOfWindows;
    int y = row % rowsOfWindows;
    int wide = Math.min(windows, input.width() / 2 - window);
    int first = ((image * input.height() + 2 * y) * input.width() + 2 * window) * c;
    int out = ((image * rowsOfWindows + y) * (input.width() / 2) + window) * c;
    return new Place(2, 2 * wide * c, first, first + input.width() * c, out, wide);
  }
}
