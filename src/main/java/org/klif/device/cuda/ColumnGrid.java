package org.klif.device.cuda;

import java.nio.ByteBuffer;
import org.klif.device.Buffer;
import org.klif.device.Operations;

/**
 * How a launch covers a (rows, channels) matrix, see cuda-kernels/common/columns.cuh: blocks of 256
 * threads that are slots rows of tile packs, a pack being width neighbouring channels.
 *
 * @param rows rows of the matrix
 * @param channels its channels
 * @param width channels a thread takes at once: 4, or 1 where addresses or channels are odd
 * @param tile packs a block covers
 * @param slots rows a block covers at a time
 * @param blocks blocks along the rows: how many partial sums a channel has
 */
record ColumnGrid(long rows, int channels, int width, int tile, int slots, int blocks) {
  /** Channels a thread takes at once where possible. */
  static final int PACK = 4;

  /** Columns of cuda-kernels/common/columns.cuh. */
  static final KernelStruct STRUCT =
      new KernelStruct("Columns").i64("rows").i32("channels", "width", "tile", "slots");

  private static final int SUM_BLOCKS = 3; // for each multiprocessor
  private static final int PASS_BLOCKS = 16;
  private static final int THREADS = 256;
  private static final int MOST_TILE = 32;
  private static final int FEWEST_ROWS = 4; // a thread's, or the second kernel costs more

  /**
   * The grid for a device: the same limits, rows, channels and alignment give the same grid.
   *
   * @param aligned whether all addresses are multiples of {@link #PACK} elements
   * @param blocksEach blocks for each multiprocessor
   */
  private static ColumnGrid of(
      CudaLimits limits, long rows, int channels, boolean aligned, int blocksEach) {
    int width = aligned && channels % PACK == 0 ? PACK : 1;
    int packs = channels / width;
    int tiles = (packs + MOST_TILE - 1) / MOST_TILE;
    int tile = (packs + tiles - 1) / tiles; // tiles of equal size: the last one is not nearly empty
    int slots = THREADS / tile;
    long wanted = (rows + FEWEST_ROWS * (long) slots - 1) / (FEWEST_ROWS * (long) slots);
    int most = Math.max(1, limits.multiprocessors() * blocksEach / tiles);
    return new ColumnGrid(rows, channels, width, tile, slots, (int) Math.min(wanted, most));
  }

  /** The grid for sums over the rows: all blocks run at once at up to 80 registers a thread. */
  static ColumnGrid forSums(CudaLimits limits, long rows, int channels, boolean aligned) {
    return of(limits, rows, channels, aligned, SUM_BLOCKS);
  }

  /** The grid for a pass over these activations that keeps no sums. */
  static ColumnGrid forPass(CudaLimits limits, long rows, int channels, Buffer... activations) {
    return of(limits, rows, channels, Operand.aligned(PACK, activations), PASS_BLOCKS);
  }

  /** Floats of memory for so many sums a channel, whatever the alignment. */
  static long partials(CudaLimits limits, long rows, int channels, int sums) {
    return Math.max(
        forSums(limits, rows, channels, true).partials(sums),
        forSums(limits, rows, channels, false).partials(sums));
  }

  /** The launch. */
  Grid grid() {
    int packs = channels / width;
    return new Grid(blocks, (packs + tile - 1) / tile, 1, THREADS, 1, 1, 0);
  }

  /** The struct Columns of the kernels. */
  ByteBuffer struct() {
    return STRUCT
        .write(1)
        .i64("rows", rows)
        .i32("channels", channels)
        .i32("width", width)
        .i32("tile", tile)
        .i32("slots", slots)
        .end();
  }

  /** Channels that a block of the second kernel covers. */
  int finishTile() {
    int power = 1;
    while (power < channels && power < MOST_TILE) {
      power *= 2;
    }
    return power;
  }

  /** The launch of the second kernel, which adds the blocks' partial sums. */
  Grid finish() {
    return Grid.of((channels + finishTile() - 1) / finishTile(), THREADS);
  }

  /** What the second kernel's arguments begin with. */
  KernelArguments finishArguments(Buffer partials) {
    return new KernelArguments()
        .reads(partials)
        .i32(blocks)
        .i32(channels)
        .i32(finishTile())
        .computes(Operations.ADD, partials.size() / 2);
  }

  /** Float32 elements of memory for so many sums a channel and block, kept in float64. */
  long partials(int sums) {
    return 2L * sums * blocks * channels;
  }
}
