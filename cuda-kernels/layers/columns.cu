/*
 * The bias of linear and convolution layers over (rows, channels).
 *
 * Equation     y[r, c] += bias[c];   gBias[c] = sum over r of gy[r, c].
 * Ownership    an element of y, and a channel's sum within a block, belong to one thread; partial sums of blocks are added by a
 *              second kernel. The order of a sum is set by shape and grid.
 * Bytes moved  bias_add 2 b, column_sums b per element, b = 4 (float32) or 2 bytes.
 */
#include "common/columns.cuh"
#include "common/parts.cuh"

template <int W, typename T>
KLIF_DEVICE void biasAdd(T* y, const float* bias, const Columns& c) {
  ColumnWalk w = walk(c);
  if (w.count == 0) {
    return;
  }
  Pack<float, W> add;
  KLIF_UNROLL
  for (int j = 0; j < W; j++) {
    add.v[j] = bias[w.channel + j];
  }
  forEachRow(w, [=](long long at) {
    Pack<float, W> value = loadFloats<W>(y + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      value.v[j] += add.v[j];
    }
    storeFloats<W>(y + at, value);
  });
}

template <int W, typename T>
KLIF_DEVICE void columnSums(SharedPointer<double> values, const T* gy, double* partials, const Columns& c) {
  ColumnWalk w = walk(c);
  ColumnSums<1, W> sums = sumRows<1, W>(w, [=](long long at, float(&part)[1][W]) {
    Pack<float, W> value = loadFloats<W>(gy + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      part[0][j] += value.v[j];
    }
  });
  storePartials<1, W>(values, c, w, sums, partials);
}

#define KLIF_ENTRIES(SUFFIX, T)                                                                       \
  KLIF_KERNEL void bias_add_##SUFFIX(T* y, const float* bias, Columns columns) {                      \
    if (columns.width == kColumnPack) {                                                               \
      biasAdd<kColumnPack>(y, bias, columns);                                                         \
    } else {                                                                                          \
      biasAdd<1>(y, bias, columns);                                                                   \
    }                                                                                                 \
  }                                                                                                   \
  KLIF_KERNEL_BARRIER void column_sums_##SUFFIX(const T* gy, double* partials, Columns columns) {     \
    KLIF_SHARED(double, values, kColumnPack* kColumnThreads);                                         \
    if (columns.width == kColumnPack) {                                                               \
      columnSums<kColumnPack>(values, gy, partials, columns);                                         \
    } else {                                                                                          \
      columnSums<1>(values, gy, partials, columns);                                                   \
    }                                                                                                 \
  }

KLIF_FOR_TYPES(KLIF_ENTRIES)

#if KLIF_PART & KLIF_PART_untyped

/* sums = the partial sums of all blocks added */
KLIF_KERNEL_BARRIER void column_sums_finish(const double* partials, int blocks, int channels, int tile, float* sums) {
  KLIF_SHARED(double, values, kColumnThreads);
  int channel;
  double sum[1];
  if (finishSums<1>(values, partials, blocks, channels, tile, channel, sum)) {
    sums[channel] = static_cast<float>(sum[0]);
  }
}

#endif
