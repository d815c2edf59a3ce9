package org.klif.device.cuda;

/**
 * How the neurons of a step are spread over threads: in a grid of columns and rows
 * (cuda-kernels/neuron/lanes.cuh). Everything depends on the shape, on the device's limits and on
 * how many blocks of a kernel it has room for, so that sums have the same order in each run.
 *
 * @param columns owners beside each other that have a whole row
 * @param rows of columns
 * @param groups owners in all
 * @param blockX threads of a block along the columns
 * @param blockY threads of a block along the rows
 * @param columnBlocks blocks along the columns
 * @param rowBlocks blocks along the rows
 */
record ThreadSpread(
    int columns, int rows, int groups, int blockX, int blockY, int columnBlocks, int rowBlocks) {
  /** Fewer rows a thread make partial sums of channels a notable part of the traffic. */
  private static final int ROWS_FOR_SUMS = 4;

  /**
   * Spreads them over as many blocks as they fill.
   *
   * @param groups owners: neurons of a step by those of a thread
   * @param columns owners that have a whole row, where columns are channels; else 0, any number
   * @param threads of a block, at most
   * @param sums whether channels have sums of their own
   */
  static ThreadSpread of(int groups, int columns, int threads, boolean sums, CudaLimits limits) {
    int beside = columns == 0 ? threads : columns;
    int rows = ceilDiv(groups, beside);
    int columnBlocks = ceilDiv(beside, threads);
    int blockX = ceilDiv(beside, columnBlocks);
    int blockY = Math.max(1, threads / blockX);
    int wanted = ceilDiv(rows, blockY);
    int few = Math.max(1, 4 * limits.multiprocessors() / columnBlocks);
    int enough = sums ? Math.max(ceilDiv(wanted, ROWS_FOR_SUMS), Math.min(wanted, few)) : wanted;
    return new ThreadSpread(beside, rows, groups, blockX, blockY, columnBlocks, enough);
  }

  /** Over no more blocks than that, where columns allow it; threads then have more rows. */
  ThreadSpread within(int blocks) {
    int most = Math.max(1, blocks / columnBlocks);
    return new ThreadSpread(
        columns, rows, groups, blockX, blockY, columnBlocks, Math.min(most, rowBlocks));
  }

  static int ceilDiv(int a, int b) {
    return (int) (((long) a + b - 1) / b);
  }

  /** Blocks of a launch. */
  int blocks() {
    return Math.multiplyExact(rowBlocks, columnBlocks);
  }

  /** Threads of a block. */
  int threads() {
    return blockX * blockY;
  }

  /** A launch. */
  Grid grid(int sharedBytes) {
    return new Grid(rowBlocks, columnBlocks, 1, blockX, blockY, 1, sharedBytes);
  }
}
