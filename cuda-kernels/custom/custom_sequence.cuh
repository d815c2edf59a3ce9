// What the forward and the backward pass of a user's neuron share: its learned numbers, its first states. M is the model that Klif
// writes behind the user's file, see custom_step.cuh; threads, lanes and sums are those of the neurons written by hand.
//
// States in memory are M::STATES planes of (N, H, W, C). Learned numbers are one stretch, raw: C of a parameter that each channel has
// for itself, else 1, each parameter from a multiple of 16 elements on (NeuronModel.offset).
#pragma once

#include "custom/custom_step.cuh"
#include "neuron/sequence.cuh"

template <class M>
KLIF_DEVICE int sizeOfLearned(int parameter, const SequenceShape& shape) {
  return (M::perChannel(parameter) ? shape.channels : 1) + 15 & ~15;
}

// The value of each learned parameter for each channel of a thread.
template <class M, class L>
struct LearnedValues {
  float of[L::CHANNELS][M::LEARNED_SLOTS];

  KLIF_DEVICE LearnedValues(const float* raw, const SequenceShape& shape, int channel) {
    int offset = 0;
    KLIF_UNROLL
    for (int p = 0; p < M::LEARNED; p++) {
      if (M::perChannel(p)) {
        const PerChannel<L> numbers(raw + offset, channel, 0.0f);
        KLIF_UNROLL
        for (int i = 0; i < L::CHANNELS; i++) {
          of[i][p] = learnedValue<M>(p, numbers.v[i]);
        }
      } else {
        const float value = learnedValue<M>(p, raw[offset]);
        KLIF_UNROLL
        for (int i = 0; i < L::CHANNELS; i++) {
          of[i][p] = value;
        }
      }
      offset += sizeOfLearned<M>(p, shape);
    }
    if constexpr (M::LEARNED == 0) {
      KLIF_UNROLL
      for (int i = 0; i < L::CHANNELS; i++) {
        of[i][0] = 0.0f;
      }
    }
  }

  KLIF_DEVICE const float (&operator[](int lane) const)[M::LEARNED_SLOTS] { return of[lane % L::CHANNELS]; }
};

// The states ahead of the first step: the caller's, else the file's.
template <class M, class L>
KLIF_DEVICE void startLanes(
    const float* initial, const SequenceShape& shape, const L& place, LaneStates<M::STATES, L>& states) {
  if (initial != nullptr) {
    states.load(initial, shape, place);
    return;
  }
  KLIF_UNROLL
  for (int i = 0; i < L::LANES; i++) {
    startStates<M>(states[i]);
  }
}
