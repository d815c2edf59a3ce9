// The backward pass of the neurons written by hand (neuron.cuh) as sequence_backward.cuh carries it through time. Of a step it keeps H.
// With m.kept, H is read instead.
#pragma once

#include "neuron/neuron_sequence.cuh"
#include "neuron/sequence_backward.cuh"

template <class N, class L, class T, bool SMOOTH, int KIND>
struct NeuronBackward {
  typedef L Lanes;
  typedef T Stored;
  static constexpr int STATES = 1;
  static constexpr bool NEEDS_INPUT = N::NEEDS_INPUT;
  static constexpr bool READS_AHEAD = false;  // it would take registers
  static constexpr int LANES = L::LANES;
  static constexpr bool RAISED = KIND == ANY;  // the defaults' kernels do without the question
  typedef LaneStates<1, L> States;

  const NeuronConstants& c;
  const float r;
  const Surrogate<KIND> surrogate;
  const Neurons<N, L> neurons;

  float parameterSum[L::CHANNELS];

  KLIF_DEVICE NeuronBackward(
      const BackwardMemory<T>& m, const SequenceShape& shape, const ThreadPlace& self, int channel, const NeuronConstants& c)
      : c(c),
        r(sharedRate<N>(c, m.parameter, self.thread)),
        surrogate(c.surrogate, static_cast<float>(c.alpha)),
        neurons(c, shape, m.parameter, channel) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      parameterSum[i] = 0.0f;
    }
  }

  KLIF_DEVICE static bool keptCharge(const BackwardMemory<T>& m) { return m.kept != nullptr; }

  KLIF_DEVICE void start(const BackwardMemory<T>& m, const SequenceShape& shape, const L& place, States& states) const {
    if (m.initial != nullptr) {
      states.load(m.initial, shape, place);
    } else {
      states.fill(c.rest);
    }
  }

  template <bool KEEP>
  KLIF_DEVICE void advance(
      const Checkpoints<1, L>& checkpoints, int step, States& states, const float (&x)[LANES]) const {
    States h;
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      h[i][0] = neurons[i].charge(c, r, x[i], states[i][0]);
      states[i][0] = afterSpike(i, h[i][0]);
    }
    if constexpr (KEEP) {
      checkpoints.put(step, h);
    }
  }

  // V after a step, from its H
  KLIF_DEVICE float afterSpike(int lane, float h) const {
    const float f = neurons[lane].scale(c, h);
    return neurons[lane].reset(c, f, fire<SMOOTH>(c, f));
  }

  // H of step t of the chunk that starts at from
  template <class Sequence>
  KLIF_DEVICE void charged(const Sequence& sequence, const L& place, int t, int from, States& h) const {
    if (sequence.m.kept != nullptr) {
      h.load(sequence.m.kept + static_cast<long long>(t) * sequence.shape.neurons, sequence.shape, place);
    } else {
      sequence.checkpoints.get(t - from, h);
    }
  }

  // V before a step, for models that need it
  template <class Sequence>
  KLIF_DEVICE void before(const Sequence& sequence, const L& place, const StepBack& at, States& v) const {
    if (at.t == at.from) {
      sequence.restore(place, at.chunk, v);
      return;
    }
    charged(sequence, place, at.t - 1, at.from, v);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      v[i][0] = afterSpike(i, v[i][0]);
    }
  }

  template <class Sequence>
  KLIF_DEVICE void back(
      const Sequence& sequence, const L& place, const StepBack& at, const typename L::Raw& raw,
      const typename L::OutputRaw& gradient, States& g, float (&current)[LANES]) {
    States h;
    States v;
    float x[LANES];
    float s[LANES];
    float sg[LANES];
    float gS[LANES];
    charged(sequence, place, at.t, at.from, h);
    if constexpr (N::NEEDS_INPUT) {
      L::unpack(raw, x);
      Affine<L>(sequence.m.scale, sequence.m.shift, sequence.channel).apply(x);
      before(sequence, place, at, v);
    }
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      const float f = neurons[i].scale(c, h[i][0]);
      s[i] = fire<SMOOTH>(c, f);
      sg[i] = f - c.threshold;
    }
    surrogate.derivative(sg, sg);
    L::spreadGradient(sequence.shape.pooling, gradient, s, gS);
    raise<RAISED>(sequence.m, gS);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      const NeuronStep step = {
          N::NEEDS_INPUT ? x[i] : 0.0f, N::NEEDS_INPUT ? v[i][0] : 0.0f, h[i][0], s[i], sg[i], gS[i]};
      current[i] = neurons[i].backward(c, r, step, g[i][0], parameterSum[i % L::CHANNELS]);
    }
  }

  KLIF_DEVICE float inputGradient() const { return c.decayed != 0.0f ? r : 1.0f; }

  template <class Sequence>
  KLIF_DEVICE void storeParameters(
      const Sequence& sequence, SharedPointer<Pack<float, L::WIDTH>> slots, bool active) const {
    float* partials = sequence.m.parameterPartials;
    if (sequence.shape.parameterChannels > 1) {
      storeChannels<L>(partials, slots, sequence.self, sequence.shape, active, parameterSum);
      return;
    }
    float sum = 0.0f;
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      sum += parameterSum[i];
    }
    storeTotal<L::WIDTH>(partials, slots, sequence.self, sum);
  }
};
