// What the passes of the neurons written by hand (neuron.cuh) share: the learned numbers of a thread's channels, r, the spike.
#pragma once

#include "neuron/neuron.cuh"
#include "neuron/sequence.cuh"
#include "neuron/surrogate.cuh"

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

// S from F
template <bool SMOOTH>
KLIF_DEVICE float fire(const NeuronConstants& c, float f) {
  if constexpr (SMOOTH) {
    return smoothSpike(c.surrogate, c.alpha, f - c.threshold);
  } else {
    return f >= c.threshold ? 1.0f : 0.0f;
  }
}
