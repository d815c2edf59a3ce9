// Forward pass of a neuron sequence (docs/MATH.md, "One step forward"): all T in one launch.
//
// Ownership: a thread carries the potentials of its lanes (lanes.cuh) in registers through all T and reads the next
// step's x while it computes.
// Moved per neuron-step, float32: 8 bytes (x in, spike out); constant x 4/T + 4; with fused pooling 4 + 1; 16-bit
// types half of that; keeping H or writing a trace adds 4 each.
#pragma once

#include "neuron/neuron_sequence.cuh"

// Device memory; null where optional and absent.
template <class T>
struct ForwardMemory {
  const T* x;              // (T or 1, N, H, W, C)
  const float* scale;      // C, optional
  const float* shift;      // C, optional
  const float* parameter;  // 1 or C, optional
  const float* initial;    // (N, H, W, C), optional
  T* spikes;               // (T, N, H, W, C), pooled
  float* last;             // (N, H, W, C), optional; may be initial
  float* kept;             // H for the backward pass, (T, N, H, W, C), optional
  float* charged;          // F, (T, N, H, W, C), optional
  float* potential;        // V, (T, N, H, W, C), optional
  float* partials;         // spikes of each block, optional
};

template <class N, class L, class T, bool SMOOTH>
KLIF_DEVICE float forwardSequence(
    const ForwardMemory<T>& m, const NeuronConstants& c, const SequenceShape& shape, float r,
    const Neurons<N, L>& neurons, const Affine<L>& affine, const L& place) {
  constexpr int LANES = L::LANES;
  float v[LANES];
  if (m.initial == nullptr) {
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      v[i] = c.rest;
    }
  } else {
    place.loadState(m.initial, v);
  }
  float count = 0.0f;
  const T* x = m.x;
  T* spikes = m.spikes;
  long long offset = 0;
  typename L::Raw next = place.load(x);
  KLIF_ROLLED
  for (int t = 0; t < shape.steps; t++) {
    float h[LANES];
    float f[LANES];
    float s[LANES];
    L::unpack(next, h);
    if (!shape.constant && t + 1 < shape.steps) {
      x += shape.neurons;
      next = place.load(x);
    }
    affine.apply(h);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      h[i] = neurons[i].charge(c, r, h[i], v[i]);
      f[i] = neurons[i].scale(c, h[i]);
      s[i] = fire<SMOOTH>(c, f[i]);
      v[i] = neurons[i].reset(c, f[i], s[i]);
      count += s[i];
    }
    place.storeSpikes(spikes, shape.pooling, s);
    spikes += shape.outputs;
    if (m.kept != nullptr) {
      place.storeState(m.kept + offset, h);
    }
    if (m.charged != nullptr) {
      place.storeState(m.charged + offset, f);
    }
    if (m.potential != nullptr) {
      place.storeState(m.potential + offset, v);
    }
    offset += shape.neurons;
  }
  if (m.last != nullptr) {
    place.storeState(m.last, v);
  }
  return count;
}

template <class N, class L, class T, bool SMOOTH>
KLIF_DEVICE void forwardSequences(const ForwardMemory<T>& m, const NeuronConstants& c, const SequenceShape& shape) {
  typedef Pack<float, 1> Number;
  KLIF_DYNAMIC_SHARED(Number, shared);
  const ThreadPlace self;
  const float r = sharedRate<N>(c, m.parameter, self.thread);
  float count = 0.0f;
  if (self.column < shape.columns) {
    const int channel = shape.channelwise ? L::channel(self.column) : 0;
    const Neurons<N, L> neurons(c, shape, m.parameter, channel);
    const Affine<L> affine(m.scale, m.shift, channel);
    KLIF_ROLLED
    for (int row = self.firstRow; row < shape.rows; row += self.rowStride) {
      const int group = row * shape.columns + self.column;
      if (group < shape.groups) {
        count += forwardSequence<N, L, T, SMOOTH>(m, c, shape, r, neurons, affine, L(shape, group, row));
      }
    }
  }
  if (m.partials != nullptr) {
    storeTotal<1>(m.partials, shared, self, count);
  }
}
