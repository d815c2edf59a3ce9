package org.klif.device.cuda;

/**
 * What a launch is sized by. The same device gives the same limits, so the same grids and the same
 * order of sums.
 *
 * @param multiprocessors number of multiprocessors
 * @param threadsPerMultiprocessor threads that fit one multiprocessor at once
 * @param sharedPerBlock bytes of shared memory a block may use without asking for more
 * @param capability compute capability: 80, 90, 100
 */
record CudaLimits(
    int multiprocessors, int threadsPerMultiprocessor, int sharedPerBlock, int capability) {
  /** Threads that run at once on the whole device. */
  int threads() {
    return Math.multiplyExact(multiprocessors, threadsPerMultiprocessor);
  }
}
