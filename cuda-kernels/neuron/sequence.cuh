// What the forward and the backward pass of a neuron sequence share: a thread's place and the numbers of its channels.
#pragma once

#include "neuron/lanes.cuh"
#include "neuron/neuron.cuh"
#include "common/sums.cuh"
#include "neuron/surrogate.cuh"

// Where a thread is in its block and in the grid: x goes along the columns, y down the rows.
struct ThreadPlace {
  int thread;   // in the block
  int threads;  // of the block
  int column;
  int firstRow;
  int rowStride;
  int block;    // in the grid

  KLIF_DEVICE ThreadPlace()
      : thread(threadIdx.y * blockDim.x + threadIdx.x),
        threads(blockDim.x * blockDim.y),
        column(blockIdx.y * blockDim.x + threadIdx.x),
        firstRow(blockIdx.x * blockDim.y + threadIdx.y),
        rowStride(gridDim.x * blockDim.y),
        block(blockIdx.y * gridDim.x + blockIdx.x) {}
};

// A number for each channel of a thread, from C numbers or a value for all.
template <class L>
struct PerChannel {
  float v[L::CHANNELS];

  KLIF_DEVICE PerChannel(const float* numbers, int channel, float otherwise) {
    constexpr int WIDTH = L::CHANNELS < 4 ? L::CHANNELS : 4;
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i += WIDTH) {
      Pack<float, WIDTH> pack;
      if (numbers != nullptr) {
        pack = loadPack<float, WIDTH>(numbers + channel + i);
      }
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        v[i + j] = numbers == nullptr ? otherwise : pack.v[j];
      }
    }
  }
};

// Where the stored current becomes X: the affine of a batch norm, or nothing.
template <class L>
struct Affine {
  const PerChannel<L> scale;
  const PerChannel<L> shift;

  KLIF_DEVICE Affine(const float* scales, const float* shifts, int channel)
      : scale(scales, channel, 1.0f), shift(shifts, channel, 0.0f) {}

  KLIF_DEVICE void apply(float (&x)[L::LANES]) const {
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      x[i] = fmaf(x[i], scale.v[i % L::CHANNELS], shift.v[i % L::CHANNELS]);
    }
  }
};

// The neuron's learned numbers for each channel of a thread.
template <class N, class L>
struct Neurons {
  N of[L::CHANNELS];

  KLIF_DEVICE Neurons(
      const NeuronConstants& c, const SequenceShape& shape, const float* parameter, int channel) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      of[i] = N::load(c, parameter, shape.parameterChannels > 1 ? channel + i : 0);
    }
  }

  KLIF_DEVICE const N& operator[](int lane) const { return of[lane % L::CHANNELS]; }
};

// r, computed once a block where it needs an exponential
template <class N>
KLIF_DEVICE float sharedRate(const NeuronConstants& c, const float* parameter, int thread) {
  if constexpr (N::LEARNS_RATE) {
    KLIF_SHARED(float, rate, 1);
    if (thread == 0) {
      rate[0] = N::rate(c, parameter);
    }
    __syncthreads();
    const float r = rate[0];
    return r;
  } else {
    return N::rate(c, parameter);
  }
}

template <bool SMOOTH>
KLIF_DEVICE float spikeOf(const NeuronConstants& c, float f) {
  if constexpr (SMOOTH) {
    return smoothSpike(c.surrogate, c.alpha, f - c.threshold);
  } else {
    return f >= c.threshold ? 1.0f : 0.0f;
  }
}

// Sums each channel's numbers over the block's rows and stores them at partials[row block, channel]. Every thread of the
// block calls it.
template <class L>
KLIF_DEVICE void storeChannels(
    float* partials, SharedPointer<Pack<float, L::WIDTH>> slots, const ThreadPlace& self, const SequenceShape& shape,
    bool active, const float (&values)[L::CHANNELS]) {
  constexpr int WIDTH = L::CHANNELS < L::WIDTH ? 1 : L::WIDTH;
  KLIF_UNROLL
  for (int i = 0; i < L::CHANNELS; i += WIDTH) {
    Pack<float, L::WIDTH> pack;
    KLIF_UNROLL
    for (int j = 0; j < L::WIDTH; j++) {
      pack.v[j] = j < WIDTH ? values[i + j] : 0.0f;
    }
    __syncthreads();
    slots[self.thread] = pack;
    sumColumns<L::WIDTH>(slots, self.thread, blockDim.x, blockDim.y);
    if (active && threadIdx.y == 0) {
      const Pack<float, L::WIDTH> sum = slots[self.thread];
      float* to = partials + static_cast<long long>(blockIdx.x) * shape.channels + L::channel(self.column) + i;
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        to[j] = sum.v[j];
      }
    }
  }
}
