// Sums over the threads of a block in a fixed order, in shared memory.
#pragma once

#include "common/platform.cuh"

// The block's threads are rows of `width`; sums each column into its thread of row 0, pairwise. Every thread calls it,
// after putting its value at shared[thread]; the sums are at shared[0 .. width - 1] and may be read there by the
// thread of that index.
template <int W>
KLIF_DEVICE void sumColumns(SharedPointer<Pack<float, W>> shared, int thread, int width, int rows) {
  for (int left = rows; left > 1; left = (left + 1) / 2) {
    __syncthreads();
    if (thread < left / 2 * width) {
      Pack<float, W> mine = shared[thread];
      const Pack<float, W> other = shared[thread + (left + 1) / 2 * width];
      KLIF_UNROLL
      for (int i = 0; i < W; i++) {
        mine.v[i] += other.v[i];
      }
      shared[thread] = mine;
    }
  }
}

// The sum of a value over the block, correct in thread 0.
template <int W>
KLIF_DEVICE float sumBlock(SharedPointer<Pack<float, W>> shared, int thread, int threads, float value) {
  Pack<float, W> pack;
  KLIF_UNROLL
  for (int i = 0; i < W; i++) {
    pack.v[i] = i == 0 ? value : 0.0f;
  }
  __syncthreads();
  shared[thread] = pack;
  sumColumns<W>(shared, thread, 1, threads);
  const Pack<float, W> total = shared[thread];
  return total.v[0];
}
