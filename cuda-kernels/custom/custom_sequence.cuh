// What the forward and the backward pass of a user's neuron share: its learned numbers, its states in memory. M is the model that Klif
// writes behind the user's file, see custom_step.cuh; threads, lanes and sums are those of the neurons written by hand.
//
// States in memory are M::STATES planes of (N, H, W, C). Learned numbers are one stretch, raw: C of a parameter that each channel has
// for itself, else 1, each parameter from a multiple of 16 elements on (NeuronModel.offset).
#pragma once

#include "neuron/sequence.cuh"

#include "custom/custom_step.cuh"

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

// The states of a thread's lanes.
template <class M, class L>
struct LaneStates {
  float of[L::LANES][M::STATES];

  KLIF_DEVICE float (&operator[](int lane))[M::STATES] { return of[lane]; }

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

  KLIF_DEVICE void clear() {
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      KLIF_UNROLL
      for (int s = 0; s < M::STATES; s++) {
        of[i][s] = 0.0f;
      }
    }
  }

  KLIF_DEVICE void load(const float* planes, const SequenceShape& shape, const L& place) {
    KLIF_UNROLL
    for (int s = 0; s < M::STATES; s++) {
      float numbers[L::LANES];
      place.loadState(planes + static_cast<long long>(s) * shape.neurons, numbers);
      setPlane(s, numbers);
    }
  }

  KLIF_DEVICE void store(float* planes, const SequenceShape& shape, const L& place) const {
    KLIF_UNROLL
    for (int s = 0; s < M::STATES; s++) {
      float numbers[L::LANES];
      plane(s, numbers);
      place.storeState(planes + static_cast<long long>(s) * shape.neurons, numbers);
    }
  }

  // before the first step: the caller's, else the file's
  KLIF_DEVICE void start(const float* initial, const SequenceShape& shape, const L& place) {
    if (initial != nullptr) {
      load(initial, shape, place);
      return;
    }
    KLIF_UNROLL
    for (int i = 0; i < L::LANES; i++) {
      startStates<M>(of[i]);
    }
  }
};
