#pragma once
#include "common/loops.cuh"
#include "common/sums.cuh"

/*
 * Work over a (rows, channels) matrix with one channel's values beneath each other (channels last): sums of columns and
 * passes that need a channel's numbers.
 *
 * A block of 256 threads covers slots rows of tile packs, a pack being width (4 or 1) neighbouring channels: with few
 * channels its threads lie along the rows, with many along the channels; either way neighbours in memory. blockIdx.y
 * counts tiles of packs, blockIdx.x rows; a thread keeps its channels and walks down the rows.
 */

constexpr int kColumnThreads = 256;

/** Elements a thread takes at once where addresses and channels allow it. */
constexpr int kColumnPack = 4;

/** Rows whose float32 sums are taken before they go into the float64 one. */
constexpr int kShortSum = 32;

struct Columns {
  long long rows;
  int channels;
  int width;
  int tile;
  int slots;
};

/** Where a thread works: elements at, at + step, ... count of them, W channels each from channel on. */
struct ColumnWalk {
  int channel;
  int slot;
  bool active;
  long long at;
  long long step;
  int count;
};

KLIF_DEVICE ColumnWalk walk(const Columns& c) {
  ColumnWalk w;
  int lane = static_cast<int>(threadIdx.x) % c.tile;
  w.slot = static_cast<int>(threadIdx.x) / c.tile;
  w.channel = (static_cast<int>(blockIdx.y) * c.tile + lane) * c.width;
  w.active = w.slot < c.slots && w.channel < c.channels;
  long long row = static_cast<long long>(blockIdx.x) * c.slots + w.slot;
  long long rows = static_cast<long long>(gridDim.x) * c.slots;
  w.at = row * c.channels + w.channel;
  w.step = rows * c.channels;
  w.count = w.active && row < c.rows ? static_cast<int>((c.rows - row + rows - 1) / rows) : 0;
  return w;
}

/** Calls body(at) for each element of a walk. */
template <typename Body>
KLIF_DEVICE void forEachRow(const ColumnWalk& w, Body body) {
  long long at = w.at;
  KLIF_UNROLL_BY(4)
  for (int i = 0; i < w.count; i++) {
    body(at);
    at += w.step;
  }
}

/** Q sums of W channels: float32 over 32 rows, float64 over those. */
template <int Q, int W>
struct ColumnSums {
  float part[Q][W];
  double total[Q][W];
};

/** Sums of what body(at, part) adds. */
template <int Q, int W, typename Body>
KLIF_DEVICE ColumnSums<Q, W> sumRows(const ColumnWalk& w, Body body) {
  ColumnSums<Q, W> sums;
  KLIF_UNROLL
  for (int q = 0; q < Q; q++) {
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      sums.total[q][j] = 0.0;
    }
  }
  long long at = w.at;
  int left = w.count;
  while (left > 0) {
    int turns = left < kShortSum ? left : kShortSum;
    left -= turns;
    KLIF_UNROLL
    for (int q = 0; q < Q; q++) {
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        sums.part[q][j] = 0.0f;
      }
    }
    KLIF_UNROLL_BY(4)
    for (int i = 0; i < turns; i++) {
      body(at, sums.part);
      at += w.step;
    }
    KLIF_UNROLL
    for (int q = 0; q < Q; q++) {
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        sums.total[q][j] += static_cast<double>(sums.part[q][j]);
      }
    }
  }
  return sums;
}

/** Adds N sums over the rows of a (slots, tile) arrangement of threads; slot 0 has them. All threads take part. */
template <int N>
KLIF_DEVICE void addSlots(SharedPointer<double> values, int tile, int slots) {
  joinRows(static_cast<int>(threadIdx.x), tile, slots, [=](int mine, int other) {
    KLIF_UNROLL
    for (int i = 0; i < N; i++) {
      values[i * kColumnThreads + mine] += values[i * kColumnThreads + other];
    }
  });
}

/**
 * The block's sums into partials (blocks, Q, channels). values: at least Q W 256 elements.
 */
template <int Q, int W>
KLIF_DEVICE void storePartials(
    SharedPointer<double> values, const Columns& c, const ColumnWalk& w, const ColumnSums<Q, W>& sums, double* partials) {
  KLIF_UNROLL
  for (int q = 0; q < Q; q++) {
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      values[(q * W + j) * kColumnThreads + threadIdx.x] = sums.total[q][j];
    }
  }
  addSlots<Q * W>(values, c.tile, c.slots);
  if (w.active && w.slot == 0) {
    KLIF_UNROLL
    for (int q = 0; q < Q; q++) {
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        long long row = static_cast<long long>(blockIdx.x) * Q + q;
        partials[row * c.channels + w.channel + j] = values[(q * W + j) * kColumnThreads + threadIdx.x];
      }
    }
  }
}

/**
 * Second kernel: adds the partial sums of all blocks. Its threads are tile channels by 256 / tile slots. Returns
 * whether this thread has the Q sums of its channel.
 */
template <int Q>
KLIF_DEVICE bool finishSums(
    SharedPointer<double> values, const double* partials, int blocks, int channels, int tile, int& channel, double (&sums)[Q]) {
  int slots = kColumnThreads / tile;
  int slot = static_cast<int>(threadIdx.x) / tile;
  channel = static_cast<int>(blockIdx.x) * tile + static_cast<int>(threadIdx.x) % tile;
  bool active = slot < slots && channel < channels;
  KLIF_UNROLL
  for (int q = 0; q < Q; q++) {
    sums[q] = 0.0;
  }
  if (active) {
    for (int block = slot; block < blocks; block += slots) {
      KLIF_UNROLL
      for (int q = 0; q < Q; q++) {
        sums[q] += partials[(static_cast<long long>(block) * Q + q) * channels + channel];
      }
    }
  }
  KLIF_UNROLL
  for (int q = 0; q < Q; q++) {
    values[q * kColumnThreads + threadIdx.x] = sums[q];
  }
  addSlots<Q>(values, tile, slots);
  if (!active || slot != 0) {
    return false;
  }
  KLIF_UNROLL
  for (int q = 0; q < Q; q++) {
    sums[q] = values[q * kColumnThreads + threadIdx.x];
  }
  return true;
}
