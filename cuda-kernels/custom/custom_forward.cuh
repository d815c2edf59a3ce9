// Forward pass of a sequence of a user's neuron, all T in one launch: states, spike = step(states, x), and nothing kept for backward.
//
// Ownership: a thread carries the states of its lanes (lanes.cuh) in registers through all T and reads the next step's x while it
// computes. Learned numbers become values (sigmoid, softplus) once a thread.
// Moved per neuron-step, float32: 8 bytes (x in, spike out); constant x 4/T + 4; 16-bit types half of that; a trace adds 4 for each
// of its two.
#pragma once

#include "custom/custom_sequence.cuh"

// Device memory; null where optional and absent.
template <class T>
struct CustomForwardMemory {
  const T* x;            // (T or 1, N, H, W, C)
  const float* scale;    // C, optional
  const float* shift;    // C, optional
  const float* learned;  // raw numbers, see custom_sequence.cuh; null when nothing is learned
  const float* initial;  // (S, N, H, W, C), optional
  T* spikes;             // (T, N, H, W, C)
  float* last;           // (S, N, H, W, C), optional; may be initial
  float* charged;        // u of the last spike(u), (T, N, H, W, C), optional
  float* potential;      // the first state, (T, N, H, W, C), optional
  float* partials;       // spikes of each block, optional
};

template <class M, class L, class T>
KLIF_DEVICE float customForwardSequence(
    const CustomForwardMemory<T>& m, const SequenceShape& shape, const LearnedValues<M, L>& learned, const Affine<L>& affine,
    const L& place) {
  constexpr int LANES = L::LANES;
  LaneStates<M::STATES, L> states;
  startLanes<M>(m.initial, shape, place, states);
  float count = 0.0f;
  const T* x = m.x;
  T* spikes = m.spikes;
  long long offset = 0;
  typename L::Raw next = place.load(x);
  KLIF_ROLLED
  for (int t = 0; t < shape.steps; t++) {
    float current[LANES];
    float u[LANES];
    float s[LANES];
    L::unpack(next, current);
    if (!shape.constant && t + 1 < shape.steps) {
      x += shape.neurons;
      next = place.load(x);
    }
    affine.apply(current);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      s[i] = stepForward<M>(states[i], learned[i], current[i], u[i]);
      count += s[i];
    }
    place.store(spikes, s);
    spikes += shape.outputs;
    if (m.charged != nullptr) {
      place.storeState(m.charged + offset, u);
    }
    if (m.potential != nullptr) {
      float first[LANES];
      states.plane(0, first);
      place.storeState(m.potential + offset, first);
    }
    offset += shape.neurons;
  }
  if (m.last != nullptr) {
    states.store(m.last, shape, place);
  }
  return count;
}

template <class M, class L, class T>
KLIF_DEVICE void customForward(const CustomForwardMemory<T>& m, const SequenceShape& shape) {
  typedef Pack<float, 1> Slot;
  KLIF_DYNAMIC_SHARED(Slot, shared);
  const ThreadPlace self;
  float count = 0.0f;
  if (self.column < shape.columns) {
    const int channel = shape.channelwise ? L::channel(self.column) : 0;
    const LearnedValues<M, L> learned(m.learned, shape, channel);
    const Affine<L> affine(m.scale, m.shift, channel);
    KLIF_ROLLED
    for (int row = self.firstRow; row < shape.rows; row += self.rowStride) {
      const int group = row * shape.columns + self.column;
      if (group < shape.groups) {
        count += customForwardSequence<M, L, T>(m, shape, learned, affine, L(shape, group, row));
      }
    }
  }
  if (m.partials != nullptr) {
    storeTotal<1>(m.partials, shared, self, count);
  }
}
