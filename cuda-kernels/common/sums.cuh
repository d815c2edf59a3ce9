// Sums over the threads of a block or a warp: one order for all kernels, which depends on the number of threads alone. So a second run
// has the same bits. There are no atomics.
#pragma once

#include "common/platform.cuh"

// The block's threads are rows of `width`. Joins each column into its thread of row 0, pairwise, the lower rows to the upper ones:
// join(mine, other) puts what is at thread `other` to what is at thread `mine`. Every thread calls it, after putting its own into
// shared memory; what comes out is at 0 .. width - 1 and may be read there by the thread of that index.
template <class Join>
KLIF_DEVICE void joinRows(int thread, int width, int rows, Join join) {
  for (int left = rows; left > 1; left = (left + 1) / 2) {
    __syncthreads();
    if (thread < left / 2 * width) {
      join(thread, thread + (left + 1) / 2 * width);
    }
  }
}

// joinRows over packs of W sums.
template <int W>
KLIF_DEVICE void sumColumns(SharedPointer<Pack<float, W>> shared, int thread, int width, int rows) {
  joinRows(thread, width, rows, [=](int at, int from) {
    Pack<float, W> mine = shared[at];
    const Pack<float, W> other = shared[from];
    KLIF_UNROLL
    for (int i = 0; i < W; i++) {
      mine.v[i] += other.v[i];
    }
    shared[at] = mine;
  });
}

// The sum of a value over the block, correct in thread 0. Every thread calls it.
template <class V>
KLIF_DEVICE V sumBlock(SharedPointer<V> shared, int thread, int threads, V value) {
  __syncthreads();
  shared[thread] = value;
  joinRows(thread, 1, threads, [=](int mine, int other) { shared[mine] += shared[other]; });
  return shared[thread];
}

// The same of a float, in shared memory that is there for packs.
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

// The least value of the block, correct in thread 0. Every thread calls it.
template <class V>
KLIF_DEVICE V leastOfBlock(SharedPointer<V> shared, int thread, int threads, V value) {
  __syncthreads();
  shared[thread] = value;
  joinRows(thread, 1, threads, [=](int at, int from) {
    const V mine = shared[at];
    const V other = shared[from];
    shared[at] = other < mine ? other : mine;
  });
  return shared[thread];
}

// The sum of a value over the warp's 32 lanes, the same in all of them.
KLIF_DEVICE double sumWarp(double value) {
  for (int bits = 16; bits > 0; bits /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, bits);
  }
  return value;
}
