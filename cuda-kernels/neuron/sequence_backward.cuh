// Backward pass of a neuron sequence (docs/MATH.md, "One step backward"): all T in one launch, and no neuron state from the forward
// pass. A thread carries its lanes once more forward, keeping the states at the start of each chunk of time steps but the first; then,
// from the last chunk to the first, it computes into fast memory what each of the chunk's steps needs, and goes back in time.
// Registers do not depend on T; fast memory does not either, as a long sequence has more chunks, not longer ones.
//
// The template is the same for neurons written by hand (neuron_backward.cuh) and for neurons from files (custom_backward.cuh). Each is
// a model, a struct that holds the learned numbers of a thread and their gradients:
//
//   Lanes, Stored                  the layout L of lanes.cuh; the type T of activations
//   STATES                         numbers that a lane carries through time
//   NEEDS_INPUT                    back() reads x
//   READS_AHEAD                    x of the next step is loaded while a step is computed
//   keptCharge(m)                  back() reads what the forward pass left in m.kept, so that nothing is computed again
//   start(m, shape, place, states)               the states ahead of the first step
//   advance<KEEP>(checkpoints, step, states, x)  a step forward; with KEEP it puts aside what back() reads
//   back(sequence, place, at, raw, gradient, g, current)
//       a step backward: from dL/dstates after it in g and dL/dspikes to dL/dH (or dL/dx) in current and dL/dstates before it in g;
//       adds to the gradients of what is learned
//   inputGradient()                dx of what current is
//   storeParameters(sequence, slots, active)     partials of what is learned
//
// Ownership: as in the forward pass. Gradients of what is learned, the sums for batch norm and mean |gx| are summed over the thread's
// rows in float32, over the block pairwise, and stored as one partial a block (and channel), which neuronSums adds up: a fixed order,
// no atomics.
// Moved per neuron-step, float32: 12 bytes (x and gS in, gx out); constant x 4/T + 4 + 4/T; with fused pooling gS is 1; batch norm and
// models that need it read x a second time, from the cache; T above the chunk: x a second time from memory.
#pragma once

#include "neuron/checkpoints.cuh"

// Device memory; null where optional and absent. S is 1 for neurons written by hand.
template <class T>
struct BackwardMemory {
  const T* x;                // (T or 1, N, H, W, C)
  const float* scale;        // C, optional
  const float* shift;        // C, optional
  const float* mean;         // C, optional: together with normPartials
  const float* invStd;       // C
  const float* parameter;    // what is learned, raw; optional
  const float* initial;      // (S, N, H, W, C), optional
  const float* kept;         // H of the forward pass, optional
  const T* gSpikes;          // (T, N, H, W, C), pooled
  const float* everySpike;   // 1, optional: a gradient that each spike has beside gSpikes; read by models that are RAISED
  const float* gLast;        // (S, N, H, W, C), optional
  T* gx;                     // like x
  float* gInitial;           // (S, N, H, W, C), optional
  float* parameterPartials;  // parameter by parameter: (row blocks, C) where each channel has its own, else blocks; optional
  float* normPartials;       // (2, row blocks, C): of gx and gx xhat, optional
  float* absPartials;        // |gx| of each block, optional
  float* checkpoints;        // scratch where fast memory is too small for them, optional
};

// The same as parameters of an entry, and from these the struct. Java writes them in this order (CudaNeuronUnit.java).
#define BACKWARD_PARAMETERS(T)                                                                                        \
  const T *KLIF_RESTRICT x, const float *KLIF_RESTRICT scale, const float *KLIF_RESTRICT shift,                       \
      const float *KLIF_RESTRICT mean, const float *KLIF_RESTRICT invStd, const float *KLIF_RESTRICT parameter,       \
      const float *initial, const float *KLIF_RESTRICT kept, const T *KLIF_RESTRICT gSpikes,                          \
      const float *KLIF_RESTRICT everySpike, const float *gLast, T *KLIF_RESTRICT gx, float *gInitial,                \
      float *parameterPartials, float *normPartials, float *absPartials, float *checkpoints
#define BACKWARD_MEMORY(T)                                                                                            \
  BackwardMemory<T> {                                                                                                 \
    x, scale, shift, mean, invStd, parameter, initial, kept, gSpikes, everySpike, gLast, gx, gInitial,                \
        parameterPartials, normPartials, absPartials, checkpoints                                                     \
  }

// Adds what each spike has beside gSpikes. It is read at each step, so that it takes no register where it is absent.
template <bool RAISED, class T, int LANES>
KLIF_DEVICE void raise(const BackwardMemory<T>& m, float (&gS)[LANES]) {
  if constexpr (RAISED) {
    if (m.everySpike != nullptr) {
      const float more = *m.everySpike;
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        gS[i] += more;
      }
    }
  }
}

// A step on the way back: its number, and its chunk with the first step of that.
struct StepBack {
  int t;
  int chunk;
  int from;
};

template <class M>
struct BackwardSequence {
  typedef typename M::Lanes L;
  typedef typename M::Stored T;
  static constexpr int LANES = L::LANES;
  typedef LaneStates<M::STATES, L> States;
  typedef Pack<float, L::WIDTH> Slot;

  const BackwardMemory<T>& m;
  const SequenceShape& shape;
  const ThreadPlace& self;
  const int channel;
  const Checkpoints<M::STATES, L> checkpoints;
  const PerChannel<L> mean;
  M model;

  float sumG[L::CHANNELS];
  float sumGx[L::CHANNELS];
  float sumAbs;

  // constants: what the model takes of the launch beside these
  template <class... C>
  KLIF_DEVICE BackwardSequence(
      const BackwardMemory<T>& m, const SequenceShape& shape, const ThreadPlace& self, SharedPointer<Slot> slots, int channel,
      const C&... constants)
      : m(m),
        shape(shape),
        self(self),
        channel(channel),
        checkpoints(slots, m.checkpoints, shape.chunk, self),
        mean(m.mean, channel, 0.0f),
        model(m, shape, self, channel, constants...),
        sumAbs(0.0f) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      sumG[i] = 0.0f;
      sumGx[i] = 0.0f;
    }
  }

  KLIF_DEVICE const T* inputAt(int t) const {
    return shape.constant ? m.x : m.x + static_cast<long long>(t) * shape.neurons;
  }

  // The states ahead of a chunk
  KLIF_DEVICE void restore(const L& place, int chunk, States& states) const {
    if (chunk > 0) {
      checkpoints.restore(chunk, states);
    } else {
      model.start(m, shape, place, states);
    }
  }

  // The steps from..to-1 once more. Keeping what the way back needs of each, or else the states at the start of each chunk.
  template <bool KEEP>
  KLIF_DEVICE void replay(const L& place, int from, int to, States& states) const {
    // read for each sequence anew, to have its registers back in the way backward
    const Affine<L> affine(m.scale, m.shift, channel);
    typename L::Raw next = place.load(inputAt(from));
    int left = shape.chunk;
    int chunk = 0;
    KLIF_ROLLED
    for (int t = from; t < to; t++) {
      float x[LANES];
      L::unpack(next, x);
      if (!shape.constant && t + 1 < to) {
        next = place.load(inputAt(t + 1));
      }
      affine.apply(x);
      model.template advance<KEEP>(checkpoints, t - from, states, x);
      if (!KEEP && --left == 0) {
        chunk++;
        checkpoints.save(chunk, states);
        left = shape.chunk;
      }
    }
  }

  // Writes gx and adds to the sums over it; raw is x. The sum of gx (x - mean) is multiplied by invStd at the end.
  KLIF_DEVICE void emit(const L& place, long long offset, const typename L::Raw& raw, const float (&g)[LANES]) {
    place.store(m.gx + offset, g);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      sumAbs += fabsf(g[i]);
    }
    if (m.mean != nullptr) {
      float x[LANES];
      L::unpack(raw, x);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        const int n = i % L::CHANNELS;
        sumG[n] += g[i];
        sumGx[n] = fmaf(g[i], x[i] - mean.v[n], sumGx[n]);
      }
    }
  }

  // The steps to-1..from backward; g is dL/dstates after, then before them.
  KLIF_DEVICE void back(const L& place, int chunk, int from, int to, States& g, float (&constantSum)[LANES]) {
    const long long last = to - 1;
    const T* gSpikes = m.gSpikes + last * shape.outputs;
    long long offset = shape.constant ? 0 : last * shape.neurons;
    typename L::OutputRaw nextGradient = place.loadGradient(gSpikes);
    typename L::Raw next;
    if constexpr (M::READS_AHEAD) {
      next = place.load(m.x + offset);
    }
    KLIF_ROLLED
    for (int t = to - 1; t >= from; t--) {
      const typename L::OutputRaw gradient = nextGradient;
      typename L::Raw raw;
      if constexpr (M::READS_AHEAD) {
        raw = next;
      }
      if (t > from) {
        gSpikes -= shape.outputs;
        nextGradient = place.loadGradient(gSpikes);
        if constexpr (M::READS_AHEAD) {
          next = place.load(inputAt(t - 1));
        }
      }
      if constexpr (!M::READS_AHEAD) {
        if (M::NEEDS_INPUT || m.mean != nullptr) {
          raw = place.load(m.x + offset);
        }
      }
      float current[LANES];
      model.back(*this, place, StepBack{t, chunk, from}, raw, gradient, g, current);
      const float inputGradient = model.inputGradient();
      if (shape.constant) {
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          constantSum[i] = fmaf(inputGradient, current[i], constantSum[i]);
        }
      } else {
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          current[i] *= inputGradient;
        }
        emit(place, offset, raw, current);
        offset -= shape.neurons;
      }
    }
  }

  KLIF_DEVICE void run(const L& place) {
    const bool kept = M::keptCharge(m);
    const int chunks = kept ? 1 : (shape.steps + shape.chunk - 1) / shape.chunk;
    const int length = kept ? shape.steps : shape.chunk;
    States states;
    if (chunks > 1) {
      restore(place, 0, states);
      replay<false>(place, 0, (chunks - 1) * length, states);
    }
    States g;
    float constantSum[LANES];
    g.fill(0.0f);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      constantSum[i] = 0.0f;
    }
    if (m.gLast != nullptr) {
      g.load(m.gLast, shape, place);
    }
    KLIF_ROLLED
    for (int chunk = chunks - 1; chunk >= 0; chunk--) {
      const int from = chunk * length;
      const int to = min(from + length, shape.steps);
      if (!kept) {
        restore(place, chunk, states);
        replay<true>(place, from, to, states);
      }
      back(place, chunk, from, to, g, constantSum);
    }
    if (shape.constant) {
      emit(place, 0, place.load(m.x), constantSum);
    }
    if (m.gInitial != nullptr) {
      g.store(m.gInitial, shape, place);
    }
  }
};

template <class M, class... C>
KLIF_DEVICE void backwardSequences(
    const BackwardMemory<typename M::Stored>& m, const SequenceShape& shape, const C&... constants) {
  typedef typename M::Lanes L;
  typedef Pack<float, L::WIDTH> Slot;
  KLIF_DYNAMIC_SHARED(Slot, slots);
  const ThreadPlace self;
  const bool active = self.column < shape.columns;
  const int channel = shape.channelwise && active ? L::channel(self.column) : 0;
  BackwardSequence<M> sequence(m, shape, self, slots, channel, constants...);
  KLIF_ROLLED
  for (int row = self.firstRow; active && row < shape.rows; row += self.rowStride) {
    const int group = row * shape.columns + self.column;
    if (group < shape.groups) {
      sequence.run(L(shape, group, row));
    }
  }
  if (m.parameterPartials != nullptr) {
    sequence.model.storeParameters(sequence, slots, active);
  }
  if (m.normPartials != nullptr) {
    storeChannels<L>(m.normPartials, slots, self, shape, active, sequence.sumG);
    const PerChannel<L> invStd(m.invStd, channel, 0.0f);
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      sequence.sumGx[i] *= invStd.v[i];
    }
    const long long second = static_cast<long long>(gridDim.x) * shape.channels;
    storeChannels<L>(m.normPartials + second, slots, self, shape, active, sequence.sumGx);
  }
  if (m.absPartials != nullptr) {
    storeTotal<L::WIDTH>(m.absPartials, slots, self, sequence.sumAbs);
  }
}
