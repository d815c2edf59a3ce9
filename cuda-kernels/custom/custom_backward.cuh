// The backward pass of a user's neuron as neuron/sequence_backward.cuh carries it through time, with the derivatives of its step
// (custom_step.cuh). Of a step it keeps the states ahead of it. Partials of what is learned are those of the raw numbers: times
// d value / d raw.
#pragma once

#include "custom/custom_sequence.cuh"
#include "neuron/sequence_backward.cuh"

template <class M, class L, class T, bool RAISED>
struct CustomBackward {
  typedef L Lanes;
  typedef T Stored;
  static constexpr int STATES = M::STATES;
  static constexpr bool NEEDS_INPUT = true;
  static constexpr bool READS_AHEAD = true;
  static constexpr int LANES = L::LANES;
  typedef LaneStates<STATES, L> States;

  const LearnedValues<M, L> learned;

  float gLearned[L::CHANNELS][M::LEARNED_SLOTS];  // of values; one for the layer is in [0]

  KLIF_DEVICE CustomBackward(const BackwardMemory<T>& m, const SequenceShape& shape, const ThreadPlace&, int channel)
      : learned(m.parameter, shape, channel) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      KLIF_UNROLL
      for (int p = 0; p < M::LEARNED_SLOTS; p++) {
        gLearned[i][p] = 0.0f;
      }
    }
  }

  // H is not all that a step back needs
  KLIF_DEVICE static bool keptCharge(const BackwardMemory<T>&) { return false; }

  KLIF_DEVICE void start(const BackwardMemory<T>& m, const SequenceShape& shape, const L& place, States& states) const {
    startLanes<M>(m.initial, shape, place, states);
  }

  template <bool KEEP>
  KLIF_DEVICE void advance(
      const Checkpoints<STATES, L>& checkpoints, int step, States& states, const float (&x)[LANES]) const {
    if constexpr (KEEP) {
      checkpoints.put(step, states);
    }
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      float u;
      stepForward<M>(states[i], learned[i], x[i], u);
    }
  }

  template <class Sequence>
  KLIF_DEVICE void back(
      const Sequence& sequence, const L&, const StepBack& at, const typename L::Raw& raw,
      const typename L::OutputRaw& gradient, States& g, float (&current)[LANES]) {
    float x[LANES];
    float gS[LANES];
    L::unpack(gradient, gS);
    raise<RAISED>(sequence.m, gS);
    L::unpack(raw, x);
    Affine<L>(sequence.m.scale, sequence.m.shift, sequence.channel).apply(x);
    States before;
    sequence.checkpoints.get(at.t - at.from, before);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      current[i] = backLane(i, before[i], x[i], gS[i], g[i]);
    }
  }

  // One lane; returns dL/dx.
  KLIF_DEVICE float backLane(int lane, const float (&before)[STATES], float x, float gSpike, float (&g)[STATES]) {
    const int n = lane % L::CHANNELS;
    float sums[M::LEARNED_SLOTS];
    KLIF_UNROLL
    for (int p = 0; p < M::LEARNED_SLOTS; p++) {
      sums[p] = gLearned[M::perChannel(p) ? n : 0][p];
    }
    const float gx = stepBackward<M>(before, learned[lane], x, gSpike, g, sums);
    KLIF_UNROLL
    for (int p = 0; p < M::LEARNED_SLOTS; p++) {
      gLearned[M::perChannel(p) ? n : 0][p] = sums[p];
    }
    return gx;
  }

  KLIF_DEVICE float inputGradient() const { return 1.0f; }

  template <class Sequence>
  KLIF_DEVICE void storeParameters(
      const Sequence& sequence, SharedPointer<Pack<float, L::WIDTH>> slots, bool active) const {
    const SequenceShape& shape = sequence.shape;
    const ThreadPlace& self = sequence.self;
    float* partials = sequence.m.parameterPartials;
    const float* raw = sequence.m.parameter;
    KLIF_UNROLL
    for (int p = 0; p < M::LEARNED; p++) {
      if (M::perChannel(p)) {
        const PerChannel<L> numbers(active ? raw : nullptr, sequence.channel, 0.0f);
        float values[L::CHANNELS];
        KLIF_UNROLL
        for (int i = 0; i < L::CHANNELS; i++) {
          values[i] = gLearned[i][p] * learnedSlope<M>(p, numbers.v[i]);
        }
        storeChannels<L>(partials, slots, self, shape, active, values);
        partials += static_cast<long long>(gridDim.x) * shape.channels;
      } else {
        storeTotal<L::WIDTH>(partials, slots, self, gLearned[0][p] * learnedSlope<M>(p, raw[0]));
        partials += static_cast<long long>(gridDim.x) * gridDim.y;
      }
      raw += sizeOfLearned<M>(p, shape);
    }
  }
};
