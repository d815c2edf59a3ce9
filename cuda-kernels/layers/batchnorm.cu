/*
 * Batch norm over (rows, channels), n = rows * repeats values a channel (docs/MATH.md).
 *
 * Equation     statistics  mean = sum x / rows, variance = sum (x - mean)^2 / rows, invStd = 1 / sqrt(variance + eps),
 *                          running = (1 - momentum) running + momentum batch (variance times n / (n - 1)),
 *                          scale = gamma invStd, shift = beta - mean scale
 *              apply       y = scale x + shift
 *              reduce      sums = sum g, sum g xhat with xhat = (x - mean) invStd
 *              backward    gx = scale (g - sum g / rows - xhat sum g xhat / rows), gBeta = sum g, gGamma = sum g xhat
 * Ownership    a thread keeps its channels and walks down rows; block partials in float64, a second kernel adds them.
 *              Moments are taken about the first row, which is near the mean, so that little cancels.
 * Bytes moved  per element, b = 4 (float32) or 2: statistics b, apply 2 b, reduce 2 b, backward 3 b.
 */
#include "common/columns.cuh"
#include "common/parts.cuh"

template <int W>
KLIF_DEVICE Pack<float, W> perChannel(const float* values, int channel) {
  Pack<float, W> own;
  KLIF_UNROLL
  for (int j = 0; j < W; j++) {
    own.v[j] = values[channel + j];
  }
  return own;
}

/** partials (blocks, 2, channels): sum of d and of d d with d = x - first row; behind them the first row. */
template <int W, typename T>
KLIF_DEVICE void moments(SharedPointer<double> values, const T* x, double* partials, const Columns& c) {
  ColumnWalk w = walk(c);
  Pack<float, W> origin;
  KLIF_UNROLL
  for (int j = 0; j < W; j++) {
    origin.v[j] = w.active ? toFloat(x[w.channel + j]) : 0.0f;
  }
  ColumnSums<2, W> sums = sumRows<2, W>(w, [=](long long at, float(&part)[2][W]) {
    Pack<float, W> value = loadFloats<W>(x + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      float d = value.v[j] - origin.v[j];
      part[0][j] += d;
      part[1][j] = fmaf(d, d, part[1][j]);
    }
  });
  storePartials<2, W>(values, c, w, sums, partials);
  if (blockIdx.x == 0 && w.active && w.slot == 0) {
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      partials[2LL * gridDim.x * c.channels + w.channel + j] = static_cast<double>(origin.v[j]);
    }
  }
}

template <int W, typename T>
KLIF_DEVICE void apply(const T* x, const float* scale, const float* shift, T* y, const Columns& c) {
  ColumnWalk w = walk(c);
  if (w.count == 0) {
    return;
  }
  Pack<float, W> factor = perChannel<W>(scale, w.channel);
  Pack<float, W> offset = perChannel<W>(shift, w.channel);
  forEachRow(w, [=](long long at) {
    Pack<float, W> value = loadFloats<W>(x + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      value.v[j] = fmaf(value.v[j], factor.v[j], offset.v[j]);
    }
    storeFloats<W>(y + at, value);
  });
}

template <int W, typename T>
KLIF_DEVICE void reduce(
    SharedPointer<double> values, const T* x, const T* g, const float* mean, const float* invStd, double* partials,
    const Columns& c) {
  ColumnWalk w = walk(c);
  Pack<float, W> centre = {};
  Pack<float, W> factor = {};
  if (w.active) {
    centre = perChannel<W>(mean, w.channel);
    factor = perChannel<W>(invStd, w.channel);
  }
  ColumnSums<2, W> sums = sumRows<2, W>(w, [=](long long at, float(&part)[2][W]) {
    Pack<float, W> value = loadFloats<W>(x + at);
    Pack<float, W> gradient = loadFloats<W>(g + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      float xhat = (value.v[j] - centre.v[j]) * factor.v[j];
      part[0][j] += gradient.v[j];
      part[1][j] = fmaf(gradient.v[j], xhat, part[1][j]);
    }
  });
  storePartials<2, W>(values, c, w, sums, partials);
}

/** gx = a g + b x + c, the numbers of a channel in float64 before they are rounded. gx may be g. */
template <int W, typename T>
KLIF_DEVICE void backward(
    const T* x, const T* g, const float* mean, const float* invStd, const float* scale, const float* sums, T* gx,
    float* gGamma, float* gBeta, const Columns& columns) {
  ColumnWalk w = walk(columns);
  if (w.count == 0) {
    return;
  }
  double rows = static_cast<double>(columns.rows);
  Pack<float, W> a, b, c;
  KLIF_UNROLL
  for (int j = 0; j < W; j++) {
    int channel = w.channel + j;
    float sumG = sums[channel];
    float sumGx = sums[columns.channels + channel];
    double factor = static_cast<double>(scale[channel]);
    double slope = factor * (static_cast<double>(sumGx) / rows) * static_cast<double>(invStd[channel]);
    a.v[j] = scale[channel];
    b.v[j] = static_cast<float>(-slope);
    c.v[j] = static_cast<float>(
        slope * static_cast<double>(mean[channel]) - factor * (static_cast<double>(sumG) / rows));
    if (blockIdx.x == 0 && w.slot == 0) {
      gBeta[channel] = sumG;
      gGamma[channel] = sumGx;
    }
  }
  forEachRow(w, [=](long long at) {
    Pack<float, W> value = loadFloats<W>(x + at);
    Pack<float, W> gradient = loadFloats<W>(g + at);
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      gradient.v[j] = fmaf(gradient.v[j], a.v[j], fmaf(value.v[j], b.v[j], c.v[j]));
    }
    storeFloats<W>(gx + at, gradient);
  });
}

/** scale and shift of a channel from its mean and invStd. */
KLIF_DEVICE void affine(
    const float* gamma, const float* beta, float mean, float invStd, float* scale, float* shift, int channel) {
  float factor = gamma[channel] * invStd;
  scale[channel] = factor;
  shift[channel] = fmaf(-mean, factor, beta[channel]);
}

KLIF_DEVICE float inverseRoot(double variance, double eps) { return static_cast<float>(1.0 / sqrt(variance + eps)); }

#define KLIF_ENTRIES(SUFFIX, T)                                                                                       \
  KLIF_KERNEL_BARRIER void batch_norm_moments_##SUFFIX(const T* x, double* partials, Columns columns) {               \
    KLIF_SHARED(double, values, 2 * kColumnPack * kColumnThreads);                                                    \
    if (columns.width == kColumnPack) {                                                                               \
      moments<kColumnPack>(values, x, partials, columns);                                                             \
    } else {                                                                                                          \
      moments<1>(values, x, partials, columns);                                                                       \
    }                                                                                                                 \
  }                                                                                                                   \
  KLIF_KERNEL void batch_norm_apply_##SUFFIX(                                                                         \
      const T* x, const float* scale, const float* shift, T* y, Columns columns) {                                    \
    if (columns.width == kColumnPack) {                                                                               \
      apply<kColumnPack>(x, scale, shift, y, columns);                                                                \
    } else {                                                                                                          \
      apply<1>(x, scale, shift, y, columns);                                                                          \
    }                                                                                                                 \
  }                                                                                                                   \
  KLIF_KERNEL_BARRIER void batch_norm_reduce_##SUFFIX(                                                                \
      const T* x, const T* g, const float* mean, const float* invStd, double* partials, Columns columns) {            \
    KLIF_SHARED(double, values, 2 * kColumnPack * kColumnThreads);                                                    \
    if (columns.width == kColumnPack) {                                                                               \
      reduce<kColumnPack>(values, x, g, mean, invStd, partials, columns);                                             \
    } else {                                                                                                          \
      reduce<1>(values, x, g, mean, invStd, partials, columns);                                                       \
    }                                                                                                                 \
  }                                                                                                                   \
  KLIF_KERNEL void batch_norm_backward_##SUFFIX(                                                                      \
      const T* x, const T* g, const float* mean, const float* invStd, const float* scale, const float* sums, T* gx,   \
      float* gGamma, float* gBeta, Columns columns) {                                                                 \
    if (columns.width == kColumnPack) {                                                                               \
      backward<kColumnPack>(x, g, mean, invStd, scale, sums, gx, gGamma, gBeta, columns);                             \
    } else {                                                                                                          \
      backward<1>(x, g, mean, invStd, scale, sums, gx, gGamma, gBeta, columns);                                       \
    }                                                                                                                 \
  }

KLIF_FOR_TYPES(KLIF_ENTRIES)

#if KLIF_PART & KLIF_PART_untyped

/* Statistics from the moments' partial sums: one thread a channel writes all of its state. */
KLIF_KERNEL_BARRIER void batch_norm_finish(
    const double* partials, int blocks, int channels, int tile, double rows, double n, double eps, double momentum,
    const float* gamma, const float* beta, float* runningMean, float* runningVar, float* mean, float* invStd,
    float* scale, float* shift) {
  KLIF_SHARED(double, values, 2 * kColumnThreads);
  int channel;
  double sums[2];
  if (!finishSums<2>(values, partials, blocks, channels, tile, channel, sums)) {
    return;
  }
  double shifted = sums[0] / rows;
  double centre = partials[2LL * blocks * channels + channel] + shifted;
  double variance = sums[1] / rows - shifted * shifted;
  variance = variance < 0.0 ? 0.0 : variance;
  // one sample has no unbiased variance; its running value then keeps the biased one
  double unbiased = n > 1.0 ? variance * n / (n - 1.0) : variance;
  mean[channel] = static_cast<float>(centre);
  invStd[channel] = inverseRoot(variance, eps);
  runningMean[channel] =
      static_cast<float>((1.0 - momentum) * static_cast<double>(runningMean[channel]) + momentum * centre);
  runningVar[channel] =
      static_cast<float>((1.0 - momentum) * static_cast<double>(runningVar[channel]) + momentum * unbiased);
  affine(gamma, beta, mean[channel], invStd[channel], scale, shift, channel);
}

/* Evaluation: mean, invStd, scale and shift from the running statistics. */
KLIF_KERNEL void batch_norm_fold(
    int channels, double eps, const float* gamma, const float* beta, const float* runningMean, const float* runningVar,
    float* mean, float* invStd, float* scale, float* shift) {
  for (int channel = static_cast<int>(threadNumber()); channel < channels; channel += static_cast<int>(threadCount())) {
    mean[channel] = runningMean[channel];
    invStd[channel] = inverseRoot(static_cast<double>(runningVar[channel]), eps);
    affine(gamma, beta, mean[channel], invStd[channel], scale, shift, channel);
  }
}

/* sums (2, channels) = the partial sums of all blocks added */
KLIF_KERNEL_BARRIER void batch_norm_sums(const double* partials, int blocks, int channels, int tile, float* sums) {
  KLIF_SHARED(double, values, 2 * kColumnThreads);
  int channel;
  double sum[2];
  if (finishSums<2>(values, partials, blocks, channels, tile, channel, sum)) {
    sums[channel] = static_cast<float>(sum[0]);
    sums[channels + channel] = static_cast<float>(sum[1]);
  }
}

#endif
