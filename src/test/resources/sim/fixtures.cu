// Kernels with and without mistakes, for the tests of the stand-in driver. fixtures.ptx has their entries' heads, all that the driver reads.
#include "common/platform.cuh"

struct Line {
  float slope;
  long long n;
  const float* x;
  float* y;
};

KLIF_DEVICE long long thread() { return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; }

KLIF_KERNEL void add_one(float* x, long long n) {
  long long i = thread();
  if (i < n) {
    x[i] += 1;
  }
}

// The same with <= for <.
KLIF_KERNEL void add_one_beyond(float* x, long long n) {
  long long i = thread();
  if (i <= n) {
    x[i] += 1;
  }
}

// y = slope * x + y, rounded once
KLIF_KERNEL void line(Line line) {
  for (long long i = thread(); i < line.n; i += static_cast<long long>(gridDim.x) * blockDim.x) {
    line.y[i] = fmaf(line.slope, line.x[i], line.y[i]);
  }
}

KLIF_KERNEL void write_at(float* x, long long index) { x[index] = 1; }

KLIF_KERNEL void divide(int* x, int by) { x[0] = x[0] / by; }

KLIF_KERNEL void unaligned(float* x) { storePack(x, loadPack<float, 4>(x + 1)); }

KLIF_KERNEL void halves(const float* x, f16* half, bf16* bfloat, float* back) {
  int i = threadIdx.x;
  half[i] = fromFloat<f16>(x[i]);
  bfloat[i] = fromFloat<bf16>(x[i]);
  back[i] = toFloat(half[i]) + toFloat(bfloat[i]);
}

KLIF_DEVICE float sumOfWarp(float v) {
  for (int step = 16; step > 0; step /= 2) {
    v += __shfl_down_sync(0xffffffffu, v, step);
  }
  return v;
}

// One sum for each block, in a fixed order; with a barrier missing if told so.
KLIF_KERNEL_BARRIER void sums(const float* x, float* sum, int n, int mistake) {
  KLIF_SHARED(float, parts, 32);
  KLIF_DYNAMIC_SHARED(float, tile);
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  tile[threadIdx.x] = i < n ? x[i] : 0;
  if (mistake == 2 && threadIdx.x == 7) {
    return;  // before a barrier
  }
  __syncthreads();
  float v = sumOfWarp(tile[blockDim.x - 1 - threadIdx.x]);
  if (threadIdx.x % 32 == 0) {
    parts[mistake == 3 ? 32 + threadIdx.x : threadIdx.x / 32] = v;
  }
  if (mistake != 1) {
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    v = 0;
    for (int w = 0; w < static_cast<int>(blockDim.x) / 32 + (mistake == 4 ? 1 : 0); w++) {
      v += parts[w];
    }
    sum[blockIdx.x] = v;
  }
}

KLIF_KERNEL_BARRIER void lanes(unsigned* votes, int* from, int mistake) {
  int lane = threadIdx.x;
  if (mistake != 0 && lane == 5) {
    return;
  }
  votes[lane] = __ballot_sync(0xffffffffu, lane % 3 == 0);
  from[lane] = __shfl_xor_sync(0xffffffffu, lane, 5) + 100 * __shfl_up_sync(0xffffffffu, lane, 1, 8);
}

// Writers and readers of one warp, ordered by __syncwarp alone.
KLIF_KERNEL_BARRIER void within_warp(int* out, int mistake) {
  KLIF_SHARED(int, values, 64);
  values[threadIdx.x] = threadIdx.x;
  if (mistake == 0) {
    __syncwarp();
  }
  out[threadIdx.x] = values[threadIdx.x ^ 1];
}
