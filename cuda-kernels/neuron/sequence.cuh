// What the forward and the backward pass of a neuron sequence share, of neurons written by hand and of neurons from files: a thread's
// place, the numbers of its channels, the states of its lanes, and a block's sums.
#pragma once

#include "common/sums.cuh"
#include "neuron/lanes.cuh"

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

// The states of a thread's lanes, STATES numbers each. In memory they are STATES planes of (N, H, W, C).
template <int STATES, class L>
struct LaneStates {
  float of[L::LANES][STATES];

  KLIF_DEVICE float (&operator[](int lane))[STATES] { return of[lane]; }
  KLIF_DEVICE const float (&operator[](int lane) const)[STATES] { return of[lane]; }

  KLIF_DEVICE void plane(int state, float (&to)[L::LANES]) const {
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      to[i] = of[i][state];
    }
  }

  KLIF_DEVICE void setPlane(int state, const float (&from)[L::LANES]) {
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      of[i][state] = from[i];
    }
  }

  // the same number for all
  KLIF_DEVICE void fill(float value) {
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      KLIF_UNROLL
      for (int s = 0; s < STATES; s++) {
        of[i][s] = value;
      }
    }
  }

  KLIF_DEVICE void load(const float* planes, const SequenceShape& shape, const L& place) {
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float numbers[L::LANES];
      place.loadState(planes + static_cast<long long>(s) * shape.neurons, numbers);
      setPlane(s, numbers);
    }
  }

  KLIF_DEVICE void store(float* planes, const SequenceShape& shape, const L& place) const {
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float numbers[L::LANES];
      plane(s, numbers);
      place.storeState(planes + static_cast<long long>(s) * shape.neurons, numbers);
    }
  }
};

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

// Sums a number over the block and stores it at partials[block]. Every thread of the block calls it.
template <int W>
KLIF_DEVICE void storeTotal(
    float* partials, SharedPointer<Pack<float, W>> slots, const ThreadPlace& self, float value) {
  const float total = sumBlock<W>(slots, self.thread, self.threads, value);
  if (self.thread == 0) {
    partials[self.block] = total;
  }
}
