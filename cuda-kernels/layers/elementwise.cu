/*
 * Element-wise operations over activations, and reductions of a whole tensor (docs/MATH.md, docs/KERNELS.md).
 *
 * Equation     one line above each kernel.
 * Ownership    each output element belongs to one thread; operations over time keep their running value in a
 *              register for all T. Reductions: one partial result a block, in an order that only the grid sets, and a
 *              second kernel of one block. No atomics.
 * Bytes moved  each input element is read once, each output element written once: b = 4 (float32) or 2 bytes.
 *              add 3 b; average 3 b; repeat (1/T + 1) b and sum (1 + 1/T) b per element of the sequence; mask (2 + 1/T) b;
 *              transpose, readout, vote 2 b or less; cast 6 b of bf16; reductions b.
 */
#include "common/loops.cuh"
#include "common/parts.cuh"
#include "common/sums.cuh"

template <typename T>
KLIF_DEVICE void add(const T* a, const T* b, T* out, long long n) {
  forEach<kPack<T>>(n, aligned(a) && aligned(b) && aligned(out), [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<float, W> x = loadFloats<W>(a + i);
    Pack<float, W> y = loadFloats<W>(b + i);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      x.v[j] += y.v[j];
    }
    storeFloats<W>(out + i, x);
  });
}

/** Do all steps of a sequence of n elements a step start at a multiple of 16 bytes? */
template <typename T>
KLIF_DEVICE bool alignedSteps(const T* sequence, long long n) {
  return aligned(sequence) && n % kPack<T> == 0;
}

template <typename T>
KLIF_DEVICE void repeatOverTime(const T* x, T* out, int steps, long long n) {
  forEach<kPack<T>>(n, aligned(x) && alignedSteps(out, n), [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<T, W> pack = loadPack<T, W>(x + i);
    for (int t = 0; t < steps; t++) {
      storePack<T, W>(out + t * n + i, pack);
    }
  });
}

template <typename T>
KLIF_DEVICE void sumOverTime(const T* x, T* out, int steps, long long n) {
  forEach<kPack<T>>(n, aligned(out) && alignedSteps(x, n), [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<float, W> sum = loadFloats<W>(x + i);
    KLIF_UNROLL_BY(4)
    for (int t = 1; t < steps; t++) {
      Pack<float, W> step = loadFloats<W>(x + t * n + i);
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        sum.v[j] += step.v[j];
      }
    }
    storeFloats<W>(out + i, sum);
  });
}

template <typename T>
KLIF_DEVICE void maskOverTime(const T* x, const T* mask, T* out, int steps, long long n) {
  bool packed = aligned(mask) && alignedSteps(x, n) && alignedSteps(out, n);
  forEach<kPack<T>>(n, packed, [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<float, W> factor = loadFloats<W>(mask + i);
    for (int t = 0; t < steps; t++) {
      Pack<float, W> step = loadFloats<W>(x + t * n + i);
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        step.v[j] *= factor.v[j];
      }
      storeFloats<W>(out + t * n + i, step);
    }
  });
}

/** Upper 32 bits of a product. */
KLIF_DEVICE unsigned int upper(unsigned int a, unsigned int b) {
  return static_cast<unsigned int>((static_cast<unsigned long long>(a) * b) >> 32);
}

/** Philox4x32-10 (J. Salmon et al., SC 2011): four counter words become four random words. */
KLIF_DEVICE void philox(unsigned int (&words)[4], unsigned int key0, unsigned int key1) {
  for (int round = 0; round < 10; round++) {
    unsigned int a = words[0];
    unsigned int c = words[2];
    words[0] = upper(0xCD9E8D57u, c) ^ words[1] ^ key0;
    words[1] = 0xCD9E8D57u * c;
    words[2] = upper(0xD2511F53u, a) ^ words[3] ^ key1;
    words[3] = 0xD2511F53u * a;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/** Four elements a thread: those of one counter. The mask is elements first to first + n of a whole one. */
template <typename T>
KLIF_DEVICE void dropoutMask(
    T* mask, const int* counter, long long first, long long n, float keep, long long limit, long long seed,
    int stream) {
  T kept = fromFloat<T>(keep);
  T dropped = fromFloat<T>(0.0f);
  unsigned int low = static_cast<unsigned int>(counter[0]);
  unsigned int high = static_cast<unsigned int>(counter[1]);
  int skipped = static_cast<int>(first % 4);
  bool packed = skipped == 0 && aligned(mask);
  for (long long quad = threadNumber(); 4 * quad < skipped + n; quad += threadCount()) {
    unsigned int words[4] = {
        static_cast<unsigned int>(first / 4 + quad), static_cast<unsigned int>(stream), low, high};
    philox(words, static_cast<unsigned int>(seed), static_cast<unsigned int>(seed >> 32));
    Pack<T, 4> pack;
    KLIF_UNROLL
    for (int j = 0; j < 4; j++) {
      pack.v[j] = static_cast<long long>(words[j]) < limit ? dropped : kept;
    }
    if (packed && 4 * quad + 4 <= n) {
      storePack<T, 4>(mask + 4 * quad, pack);
    } else {
      KLIF_UNROLL
      for (int j = 0; j < 4; j++) {
        long long at = 4 * quad + j - skipped;
        if (at >= 0 && at < n) {
          mask[at] = pack.v[j];
        }
      }
    }
  }
}

[[maybe_unused]] constexpr int kTile = 32;

/**
 * Tiles of 32 x 32 through shared memory; a row of the tile has 33 elements, so that reading a column touches 32
 * different banks. Blocks of 32 x 8 threads.
 */
template <typename T, typename Shared>
KLIF_DEVICE void transposeTiles(Shared&& tile, const T* x, T* out, long long images, int rows, int columns) {
  int across = (columns + kTile - 1) / kTile;
  int perImage = across * ((rows + kTile - 1) / kTile);
  int lane = threadIdx.x;
  for (long long number = blockIdx.x; number < images * perImage; number += gridDim.x) {
    long long image = number / perImage;
    int inImage = static_cast<int>(number - image * perImage);
    int row0 = inImage / across * kTile;
    int column0 = inImage % across * kTile;
    long long base = image * rows * columns;
    for (int j = threadIdx.y; j < kTile; j += blockDim.y) {
      if (row0 + j < rows && column0 + lane < columns) {
        tile[j * (kTile + 1) + lane] = x[base + static_cast<long long>(row0 + j) * columns + column0 + lane];
      }
    }
    __syncthreads();
    for (int j = threadIdx.y; j < kTile; j += blockDim.y) {
      if (column0 + j < columns && row0 + lane < rows) {
        out[base + static_cast<long long>(column0 + j) * rows + row0 + lane] = tile[lane * (kTile + 1) + j];
      }
    }
    __syncthreads();
  }
}

/** For few rows or columns, where tiles would be mostly empty: neighbouring threads write neighbours. */
template <typename T>
KLIF_DEVICE void transposeNarrow(const T* x, T* out, long long images, int rows, int columns) {
  long long n = images * rows * columns;
  for (long long i = threadNumber(); i < n; i += threadCount()) {
    long long line = i / rows;
    long long image = line / columns;
    out[i] = x[(image * rows + i % rows) * columns + line % columns];
  }
}

/** One group a thread, added from its first feature to its last. */
template <typename T>
KLIF_DEVICE void vote(const T* x, T* out, long long groups, int group) {
  float share = 1.0f / static_cast<float>(group);
  for (long long g = threadNumber(); g < groups; g += threadCount()) {
    float sum = 0.0f;
    KLIF_UNROLL_BY(4)
    for (int i = 0; i < group; i++) {
      sum += toFloat(x[g * group + i]);
    }
    out[g] = fromFloat<T>(sum * share);
  }
}

template <typename T>
KLIF_DEVICE void voteBackward(const T* gy, T* gx, long long groups, int group) {
  float share = 1.0f / static_cast<float>(group);
  for (long long i = threadNumber(); i < groups * group; i += threadCount()) {
    gx[i] = fromFloat<T>(toFloat(gy[i / group]) * share);
  }
}

template <typename T>
KLIF_DEVICE void leakyReadout(
    const T* x, const float* initial, T* out, float* last, int steps, long long n, float rate) {
  for (long long i = threadNumber(); i < n; i += threadCount()) {
    float v = initial == nullptr ? 0.0f : initial[i];
    KLIF_UNROLL_BY(4)
    for (int t = 0; t < steps; t++) {
      v = fmaf(toFloat(x[t * n + i]) - v, rate, v);
      out[t * n + i] = fromFloat<T>(v);
    }
    if (last != nullptr) {
      last[i] = v;
    }
  }
}

template <typename T>
KLIF_DEVICE void leakyReadoutBackward(const T* gy, T* gx, int steps, long long n, float rate) {
  for (long long i = threadNumber(); i < n; i += threadCount()) {
    float g = 0.0f;
    KLIF_UNROLL_BY(4)
    for (int t = steps - 1; t >= 0; t--) {
      g += toFloat(gy[t * n + i]);
      gx[t * n + i] = fromFloat<T>(g * rate);
      g *= 1.0f - rate;
    }
  }
}

template <typename From, typename To>
KLIF_DEVICE void cast(const From* x, To* out, long long n) {
  forEach<4>(n, aligned(x) && aligned(out), [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    storeFloats<W>(out + i, loadFloats<W>(x + i));
  });
}

constexpr int kThreads = 256;

constexpr long long kNone = 0x7fffffffffffffffLL;

template <typename T, typename Shared>
KLIF_DEVICE void sumPartials(Shared&& values, const T* x, long long n, double* partials) {
  double sum = 0.0;
  for (long long i = threadNumber(); i < n; i += threadCount()) {
    sum += static_cast<double>(toFloat(x[i]));
  }
  const double total = sumBlock<double>(values, threadIdx.x, kThreads, sum);
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = total;
  }
}

/** Not finite: the exponent's bits are all ones. */
KLIF_DEVICE bool isNumber(float value) {
  return (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u;
}

template <typename T, typename Shared>
KLIF_DEVICE void nonFinitePartials(Shared&& values, const T* x, long long n, long long* partials) {
  long long first = kNone;
  for (long long i = threadNumber(); i < n; i += threadCount()) {
    if (first == kNone && !isNumber(toFloat(x[i]))) {
      first = i;
    }
  }
  const long long least = leastOfBlock<long long>(values, threadIdx.x, kThreads, first);
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = least;
  }
}

#define KLIF_ENTRIES(SUFFIX, T)                                                                                       \
  /* out = a + b */                                                                                                   \
  KLIF_KERNEL void add_##SUFFIX(const T* a, const T* b, T* out, long long n) { add(a, b, out, n); }                   \
  /* out[t] = x */                                                                                                    \
  KLIF_KERNEL void repeat_over_time_##SUFFIX(const T* x, T* out, int steps, long long n) {                            \
    repeatOverTime(x, out, steps, n);                                                                                 \
  }                                                                                                                   \
  /* out = x[0] + x[1] + ... */                                                                                       \
  KLIF_KERNEL void sum_over_time_##SUFFIX(const T* x, T* out, int steps, long long n) {                               \
    sumOverTime(x, out, steps, n);                                                                                    \
  }                                                                                                                   \
  /* out[t] = x[t] * mask */                                                                                          \
  KLIF_KERNEL void mask_over_time_##SUFFIX(const T* x, const T* mask, T* out, int steps, long long n) {               \
    maskOverTime(x, mask, out, steps, n);                                                                             \
  }                                                                                                                   \
  /* mask[i] = word i of Philox < limit ? 0 : keep */                                                                 \
  KLIF_KERNEL void dropout_mask_##SUFFIX(                                                                             \
      T* mask, const int* counter, long long first, long long n, float keep, long long limit, long long seed,         \
      int stream) {                                                                                                   \
    dropoutMask(mask, counter, first, n, keep, limit, seed, stream);                                                  \
  }                                                                                                                   \
  /* out[image][column][row] = x[image][row][column] */                                                               \
  KLIF_KERNEL_BARRIER void transpose_tiles_##SUFFIX(                                                                  \
      const T* x, T* out, long long images, int rows, int columns) {                                                  \
    KLIF_SHARED(T, tile, kTile*(kTile + 1));                                                                          \
    transposeTiles(tile, x, out, images, rows, columns);                                                              \
  }                                                                                                                   \
  KLIF_KERNEL void transpose_narrow_##SUFFIX(const T* x, T* out, long long images, int rows, int columns) {           \
    transposeNarrow(x, out, images, rows, columns);                                                                   \
  }                                                                                                                   \
  /* out[g] = mean of x[g group ..] */                                                                                \
  KLIF_KERNEL void vote_##SUFFIX(const T* x, T* out, long long groups, int group) { vote(x, out, groups, group); }    \
  /* gx[i] = gy[i / group] / group */                                                                                 \
  KLIF_KERNEL void vote_backward_##SUFFIX(const T* gy, T* gx, long long groups, int group) {                          \
    voteBackward(gy, gx, groups, group);                                                                              \
  }                                                                                                                   \
  /* v += (x[t] - v) rate, out[t] = v */                                                                              \
  KLIF_KERNEL void leaky_readout_##SUFFIX(                                                                            \
      const T* x, const float* initial, T* out, float* last, int steps, long long n, float rate) {                    \
    leakyReadout(x, initial, out, last, steps, n, rate);                                                              \
  }                                                                                                                   \
  /* from the last step: g += gy[t], gx[t] = g rate, g *= 1 - rate */                                                 \
  KLIF_KERNEL void leaky_readout_backward_##SUFFIX(const T* gy, T* gx, int steps, long long n, float rate) {          \
    leakyReadoutBackward(gy, gx, steps, n, rate);                                                                     \
  }                                                                                                                   \
  /* partials[block] = sum of the block's elements, float64 */                                                        \
  KLIF_KERNEL_BARRIER void sum_partials_##SUFFIX(const T* x, long long n, double* partials) {                         \
    KLIF_SHARED(double, values, kThreads);                                                                            \
    sumPartials(values, x, n, partials);                                                                              \
  }                                                                                                                   \
  /* partials[block] = index of the block's first element that is NaN or infinite, else 2^63 - 1 */                   \
  KLIF_KERNEL_BARRIER void non_finite_partials_##SUFFIX(const T* x, long long n, long long* partials) {               \
    KLIF_SHARED(long long, values, kThreads);                                                                         \
    nonFinitePartials(values, x, n, partials);                                                                        \
  }

KLIF_FOR_TYPES(KLIF_ENTRIES)

#if KLIF_PART & KLIF_PART_untyped

/* out = x rounded to the nearest number of the other type, ties to even */
KLIF_KERNEL void cast_f32_bf16(const float* x, bf16* out, long long n) { cast(x, out, n); }
KLIF_KERNEL void cast_f32_f16(const float* x, f16* out, long long n) { cast(x, out, n); }
KLIF_KERNEL void cast_bf16_f32(const bf16* x, float* out, long long n) { cast(x, out, n); }
KLIF_KERNEL void cast_f16_f32(const f16* x, float* out, long long n) { cast(x, out, n); }

/* average += share (values - average), the difference rounded first */
KLIF_KERNEL void average_f32(const float* values, const float* share, float* average, long long n) {
  float part = share[0];
  forEach<kPack<float>>(n, aligned(values) && aligned(average), [=](auto width, long long i) {
    constexpr int W = decltype(width)::value;
    Pack<float, W> x = loadPack<float, W>(values + i);
    Pack<float, W> y = loadPack<float, W>(average + i);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      y.v[j] = fmaf(part, x.v[j] - y.v[j], y.v[j]);
    }
    storePack<float, W>(average + i, y);
  });
}

/* One block: result = sum of the partial sums. */
KLIF_KERNEL_BARRIER void sum_finish(const double* partials, int count, double* result) {
  KLIF_SHARED(double, values, kThreads);
  double sum = 0.0;
  for (int i = threadIdx.x; i < count; i += kThreads) {
    sum += partials[i];
  }
  const double total = sumBlock<double>(values, threadIdx.x, kThreads, sum);
  if (threadIdx.x == 0) {
    *result = total;
  }
}

/* One block: result = least partial index, or -1. */
KLIF_KERNEL_BARRIER void non_finite_finish(const long long* partials, int count, double* result) {
  KLIF_SHARED(long long, values, kThreads);
  long long first = kNone;
  for (int i = threadIdx.x; i < count; i += kThreads) {
    first = partials[i] < first ? partials[i] : first;
  }
  const long long index = leastOfBlock<long long>(values, threadIdx.x, kThreads, first);
  if (threadIdx.x == 0) {
    *result = index == kNone ? -1.0 : static_cast<double>(index);
  }
}

#endif
