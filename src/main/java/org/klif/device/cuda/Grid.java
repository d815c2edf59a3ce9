package org.klif.device.cuda;

import org.klif.KlifException;

/**
 * How many threads a launch has.
 *
 * @param x blocks along x, up to 2^31 - 1
 * @param y blocks along y, up to 65535
 * @param z blocks along z, up to 65535
 * @param blockX threads of a block along x
 * @param blockY threads of a block along y
 * @param blockZ threads of a block along z; 1024 threads a block at most
 * @param sharedBytes dynamic shared memory of a block
 */
record Grid(int x, int y, int z, int blockX, int blockY, int blockZ, int sharedBytes) {
  /** The driver's bounds. */
  Grid {
    long threads = (long) blockX * blockY * blockZ;
    if (x < 1 || y < 1 || z < 1 || y > 65535 || z > 65535) {
      throw new KlifException("a launch of %dx%dx%d blocks is not possible".formatted(x, y, z));
    }
    if (blockX < 1 || blockY < 1 || blockZ < 1 || threads > 1024) {
      throw new KlifException(
          "a block of %dx%dx%d threads is not possible: 1 to 1024"
              .formatted(blockX, blockY, blockZ));
    }
    if (sharedBytes < 0) {
      throw new KlifException("shared memory of %d bytes is not possible".formatted(sharedBytes));
    }
  }

  /** A line of blocks. */
  static Grid of(int blocks, int threads) {
    return of(blocks, threads, 0);
  }

  /** A line of blocks with dynamic shared memory. */
  static Grid of(int blocks, int threads, int sharedBytes) {
    return new Grid(blocks, 1, 1, threads, 1, 1, sharedBytes);
  }

  /** Threads of a block. */
  int blockThreads() {
    return blockX * blockY * blockZ;
  }

  @Override
  public String toString() {
    return "grid %dx%dx%d, block %dx%dx%d, %d bytes of dynamic shared memory"
        .formatted(x, y, z, blockX, blockY, blockZ, sharedBytes);
  }
}
