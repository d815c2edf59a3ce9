// Backward pass of a neuron sequence (docs/MATH.md, "One step backward"): all T in one launch, and no neuron state from
// the forward pass. A thread carries its lanes once more forward, keeping V at the start of each chunk of time
// steps but the first; then, from the last chunk to the first, it computes the chunk's H into fast memory and goes
// back in time. With `kept`, H is read instead.
//
// Ownership: as in the forward pass. The parameter's gradient, the sums for batch norm and mean |gx| are summed over
// the thread's rows in float32, over the block pairwise, and stored as one partial a block (and channel), which
// neuronSums adds up: a fixed order, no atomics.
// Moved per neuron-step, float32: 12 bytes (x and gS in, gx out); constant x 4/T + 4 + 4/T; with fused pooling gS is
// 1; batch norm and PLIF read x a second time, from the cache; T above the chunk: x a second time from memory.
#pragma once

#include "neuron/sequence.cuh"

// Device memory; null where optional and absent.
template <class T>
struct BackwardMemory {
  const T* x;                // (T or 1, N, H, W, C)
  const float* scale;        // C, optional
  const float* shift;        // C, optional
  const float* mean;         // C, optional: together with normPartials
  const float* invStd;       // C
  const float* parameter;    // 1 or C, optional
  const float* initial;      // (N, H, W, C), optional
  const float* kept;         // H of the forward pass, optional
  const T* gSpikes;          // (T, N, H, W, C), pooled
  const float* everySpike;   // 1, optional: a gradient that each spike has beside it; read where KIND is ANY
  const float* gLast;        // (N, H, W, C), optional
  T* gx;                     // like x
  float* gInitial;           // (N, H, W, C), optional
  float* parameterPartials;  // (row blocks, C) where each channel has its parameter, else blocks; optional
  float* normPartials;       // (2, row blocks, C): of gx and gx xhat, optional
  float* absPartials;        // |gx| of each block, optional
  float* checkpoints;        // scratch where shared memory is too small for them, optional
};

template <class N, class L, class T, bool SMOOTH, int KIND>
struct BackwardSequence {
  static constexpr int LANES = L::LANES;
  static constexpr int WIDTH = L::WIDTH;
  typedef Pack<float, WIDTH> Slot;

  const BackwardMemory<T>& m;
  const NeuronConstants& c;
  const SequenceShape& shape;
  const ThreadPlace& self;
  const float r;
  const Surrogate<KIND> surrogate;
  const SharedPointer<Slot> slots;
  const int channel;
  const Neurons<N, L> neurons;
  const PerChannel<L> mean;
  const float everySpike;

  float parameterSum[L::CHANNELS];
  float sumG[L::CHANNELS];
  float sumGx[L::CHANNELS];
  float sumAbs;

  KLIF_DEVICE BackwardSequence(
      const BackwardMemory<T>& m, const NeuronConstants& c, const SequenceShape& shape, const ThreadPlace& self,
      float r, SharedPointer<Slot> slots, int channel)
      : m(m),
        c(c),
        shape(shape),
        self(self),
        r(r),
        surrogate(c.surrogate, static_cast<float>(c.alpha)),
        slots(slots),
        channel(channel),
        neurons(c, shape, m.parameter, channel),
        mean(m.mean, channel, 0.0f),
        // a number plus -0 keeps its bits
        everySpike(KIND == ANY && m.everySpike != nullptr ? *m.everySpike : -0.0f),
        sumAbs(0.0f) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      parameterSum[i] = 0.0f;
      sumG[i] = 0.0f;
      sumGx[i] = 0.0f;
    }
  }

  // Slots of the thread: `chunk` of H, then the checkpoints; neighbouring threads have neighbouring slots.
  KLIF_DEVICE void put(int slot, const float (&from)[LANES]) const {
    KLIF_UNROLL
    for (int i = 0; i < LANES; i += WIDTH) {
      Slot pack;
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        pack.v[j] = from[i + j];
      }
      slots[(slot * (LANES / WIDTH) + i / WIDTH) * self.threads + self.thread] = pack;
    }
  }

  KLIF_DEVICE void get(int slot, float (&to)[LANES]) const {
    KLIF_UNROLL
    for (int i = 0; i < LANES; i += WIDTH) {
      const Slot pack = slots[(slot * (LANES / WIDTH) + i / WIDTH) * self.threads + self.thread];
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        to[i + j] = pack.v[j];
      }
    }
  }

  // Checkpoint number n in scratch memory
  KLIF_DEVICE float* scratch(int n, int i) const {
    const long long all = static_cast<long long>(gridDim.x) * gridDim.y * self.threads;
    const long long mine = static_cast<long long>(self.block) * self.threads + self.thread;
    return m.checkpoints + ((static_cast<long long>(n) * (LANES / WIDTH) + i / WIDTH) * all + mine) * WIDTH;
  }

  // V before the first step of a chunk
  KLIF_DEVICE void save(int chunk, const float (&v)[LANES]) const {
    if (m.checkpoints == nullptr) {
      put(shape.chunk + chunk - 1, v);
      return;
    }
    KLIF_UNROLL
    for (int i = 0; i < LANES; i += WIDTH) {
      Slot pack;
      KLIF_UNROLL
      for (int j = 0; j < WIDTH; j++) {
        pack.v[j] = v[i + j];
      }
      storePack<float, WIDTH>(scratch(chunk - 1, i), pack);
    }
  }

  KLIF_DEVICE void restore(const L& place, int chunk, float (&v)[LANES]) const {
    if (chunk > 0 && m.checkpoints == nullptr) {
      get(shape.chunk + chunk - 1, v);
    } else if (chunk > 0) {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        const Slot pack = loadPack<float, WIDTH>(scratch(chunk - 1, i));
        KLIF_UNROLL
        for (int j = 0; j < WIDTH; j++) {
          v[i + j] = pack.v[j];
        }
      }
    } else if (m.initial != nullptr) {
      place.loadState(m.initial, v);
    } else {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        v[i] = c.rest;
      }
    }
  }

  KLIF_DEVICE const T* inputAt(int t) const {
    return shape.constant ? m.x : m.x + static_cast<long long>(t) * shape.neurons;
  }

  // The steps from..to-1 once more. Keeping H, or else V at the start of each chunk.
  template <bool KEEP>
  KLIF_DEVICE void replay(const L& place, int from, int to, float (&v)[LANES]) const {
    // read for each sequence anew, to have its registers back in the way backward
    const Affine<L> affine(m.scale, m.shift, channel);
    typename L::Raw next = place.load(inputAt(from));
    int left = shape.chunk;
    int chunk = 0;
    KLIF_ROLLED
    for (int t = from; t < to; t++) {
      float h[LANES];
      L::unpack(next, h);
      if (!shape.constant && t + 1 < to) {
        next = place.load(inputAt(t + 1));
      }
      affine.apply(h);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        h[i] = neurons[i].charge(c, r, h[i], v[i]);
        const float f = neurons[i].fired(c, h[i]);
        v[i] = neurons[i].reset(c, f, spikeOf<SMOOTH>(c, f));
      }
      if constexpr (KEEP) {
        put(t - from, h);
      } else if (--left == 0) {
        chunk++;
        save(chunk, v);
        left = shape.chunk;
      }
    }
  }

  // H of step t of the chunk that starts at from
  KLIF_DEVICE void charged(const L& place, int t, int from, float (&h)[LANES]) const {
    if (m.kept != nullptr) {
      place.loadState(m.kept + static_cast<long long>(t) * shape.neurons, h);
    } else {
      get(t - from, h);
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

  // V before step t, for models that need it
  KLIF_DEVICE void before(const L& place, int chunk, int t, int from, float (&v)[LANES]) const {
    if (t == from) {
      restore(place, chunk, v);
      return;
    }
    charged(place, t - 1, from, v);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      const float f = neurons[i].fired(c, v[i]);
      v[i] = neurons[i].reset(c, f, spikeOf<SMOOTH>(c, f));
    }
  }

  // The steps to-1..from backward; g is dL/dV after, then before them.
  KLIF_DEVICE void back(
      const L& place, int chunk, int from, int to, float (&g)[LANES], float (&constantSum)[LANES]) {
    const long long last = to - 1;
    const T* gSpikes = m.gSpikes + last * shape.outputs;
    long long offset = shape.constant ? 0 : last * shape.neurons;
    typename L::OutputRaw next = place.loadGradient(gSpikes);
    KLIF_ROLLED
    for (int t = to - 1; t >= from; t--) {
      float h[LANES];
      float s[LANES];
      float sg[LANES];
      float gS[LANES];
      float x[LANES];
      float v[LANES];
      const typename L::OutputRaw gradient = next;
      if (t > from) {
        gSpikes -= shape.outputs;
        next = place.loadGradient(gSpikes);
      }
      typename L::Raw raw;
      if (N::NEEDS_INPUT || m.mean != nullptr) {
        raw = place.load(m.x + offset);
      }
      charged(place, t, from, h);
      if constexpr (N::NEEDS_INPUT) {
        L::unpack(raw, x);
        Affine<L>(m.scale, m.shift, channel).apply(x);
        before(place, chunk, t, from, v);
      }
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        const float f = neurons[i].fired(c, h[i]);
        s[i] = spikeOf<SMOOTH>(c, f);
        sg[i] = f - c.threshold;
      }
      surrogate.derivative(sg, sg);
      L::spreadGradient(shape.pooling, gradient, s, gS);
      if constexpr (KIND == ANY) {
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          gS[i] += everySpike;
        }
      }
      float current[LANES];
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        const NeuronStep step = {
            N::NEEDS_INPUT ? x[i] : 0.0f, N::NEEDS_INPUT ? v[i] : 0.0f, h[i], s[i], sg[i], gS[i]};
        const int n = i % L::CHANNELS;
        const float gH = neurons[i].backward(c, r, step, g[i], parameterSum[n]);
        current[i] = gH;
      }
      const float inputGradient = c.decayed != 0.0f ? r : 1.0f;
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
    const int chunks = m.kept != nullptr ? 1 : (shape.steps + shape.chunk - 1) / shape.chunk;
    const int length = m.kept != nullptr ? shape.steps : shape.chunk;
    float v[LANES];
    if (chunks > 1) {
      restore(place, 0, v);
      replay<false>(place, 0, (chunks - 1) * length, v);
    }
    float g[LANES];
    float constantSum[LANES];
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      g[i] = 0.0f;
      constantSum[i] = 0.0f;
    }
    if (m.gLast != nullptr) {
      place.loadState(m.gLast, g);
    }
    KLIF_ROLLED
    for (int chunk = chunks - 1; chunk >= 0; chunk--) {
      const int from = chunk * length;
      const int to = min(from + length, shape.steps);
      if (m.kept == nullptr) {
        restore(place, chunk, v);
        replay<true>(place, from, to, v);
      }
      back(place, chunk, from, to, g, constantSum);
    }
    if (shape.constant) {
      emit(place, 0, place.load(m.x), constantSum);
    }
    if (m.gInitial != nullptr) {
      place.storeState(m.gInitial, g);
    }
  }
};

template <class N, class L, class T, bool SMOOTH, int KIND>
KLIF_DEVICE void backwardSequences(const BackwardMemory<T>& m, const NeuronConstants& c, const SequenceShape& shape) {
  typedef Pack<float, L::WIDTH> Slot;
  KLIF_DYNAMIC_SHARED(Slot, slots);
  const ThreadPlace self;
  const float r = sharedRate<N>(c, m.parameter, self.thread);
  const bool active = self.column < shape.columns;
  const int channel = shape.channelwise && active ? L::channel(self.column) : 0;
  BackwardSequence<N, L, T, SMOOTH, KIND> sequence(m, c, shape, self, r, slots, channel);
  KLIF_ROLLED
  for (int row = self.firstRow; active && row < shape.rows; row += self.rowStride) {
    const int group = row * shape.columns + self.column;
    if (group < shape.groups) {
      sequence.run(L(shape, group, row));
    }
  }
  if (m.parameterPartials != nullptr) {
    if (shape.parameterChannels > 1) {
      storeChannels<L>(m.parameterPartials, slots, self, shape, active, sequence.parameterSum);
    } else {
      float sum = 0.0f;
      KLIF_UNROLL
      for (int i = 0; i < L::CHANNELS; i++) {
        sum += sequence.parameterSum[i];
      }
      const float total = sumBlock<L::WIDTH>(slots, self.thread, self.threads, sum);
      if (self.thread == 0) {
        m.parameterPartials[self.block] = total;
      }
    }
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
    const float total = sumBlock<L::WIDTH>(slots, self.thread, self.threads, sequence.sumAbs);
    if (self.thread == 0) {
      m.absPartials[self.block] = total;
    }
  }
}
