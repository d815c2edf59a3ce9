// Backward pass of a sequence of a user's neuron, all T in one launch, with the derivatives of its step (custom_step.cuh) and no state
// from the forward pass. A thread carries its lanes once more forward, keeping the states at the start of each chunk of time steps but
// the first; then, from the last chunk to the first, it computes the states ahead of each of the chunk's steps into fast memory and
// goes back in time. Registers do not depend on T; fast memory does not either, as a long sequence has more chunks, not longer ones.
//
// Ownership: as in the forward pass. Gradients of learned numbers, the sums for batch norm and mean |gx| are summed over the thread's
// rows in float32, over the block pairwise, and stored as one partial a block (and channel), which neuronSums adds up: a fixed order,
// no atomics. Partials of learned numbers are those of the raw ones: times d value / d raw.
// Moved per neuron-step, float32: 12 bytes (x and gS in, gx out), and x a second time from the cache; constant x 4/T + 4 + 4/T; T above
// the chunk: x a second time from memory.
#pragma once

#include "custom/custom_sequence.cuh"

// Device memory; null where optional and absent.
template <class T>
struct CustomBackwardMemory {
  const T* x;              // (T or 1, N, H, W, C)
  const float* scale;      // C, optional
  const float* shift;      // C, optional
  const float* mean;       // C, optional: together with normPartials
  const float* invStd;     // C
  const float* learned;    // raw numbers; null when nothing is learned
  const float* initial;    // (S, N, H, W, C), optional
  const T* gSpikes;        // (T, N, H, W, C)
  const float* everySpike; // 1: a gradient that each spike has beside it; read where RAISED
  const float* gLast;      // (S, N, H, W, C), optional
  T* gx;                   // like x
  float* gInitial;         // (S, N, H, W, C), optional
  float* learnedPartials;  // parameter by parameter: (row blocks, C) where each channel has its own, else blocks; optional
  float* normPartials;     // (2, row blocks, C): of gx and gx xhat, optional
  float* absPartials;      // |gx| of each block, optional
  float* checkpoints;      // scratch where shared memory is too small for them, optional
};

template <class M, class L, class T, bool RAISED>
struct CustomBackward {
  static constexpr int LANES = L::LANES;
  static constexpr int WIDTH = L::WIDTH;
  static constexpr int STATES = M::STATES;
  typedef Pack<float, WIDTH> Slot;

  const CustomBackwardMemory<T>& m;
  const SequenceShape& shape;
  const ThreadPlace& self;
  const SharedPointer<Slot> slots;
  const int channel;
  const LearnedValues<M, L> learned;

  float gLearned[L::CHANNELS][M::LEARNED_SLOTS];  // of values; one for the layer is in [0]
  float sumG[L::CHANNELS];
  float sumGx[L::CHANNELS];
  float sumAbs;

  KLIF_DEVICE CustomBackward(
      const CustomBackwardMemory<T>& m, const SequenceShape& shape, const ThreadPlace& self, SharedPointer<Slot> slots, int channel)
      : m(m), shape(shape), self(self), slots(slots), channel(channel), learned(m.learned, shape, channel), sumAbs(0.0f) {
    KLIF_UNROLL
    for (int i = 0; i < L::CHANNELS; i++) {
      sumG[i] = 0.0f;
      sumGx[i] = 0.0f;
      KLIF_UNROLL
      for (int p = 0; p < M::LEARNED_SLOTS; p++) {
        gLearned[i][p] = 0.0f;
      }
    }
  }

  // Slots of the thread: STATES for each step of a chunk, then for each checkpoint; neighbouring threads have neighbouring slots.
  KLIF_DEVICE void put(int first, const LaneStates<M, L>& states) const {
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float plane[LANES];
      states.plane(s, plane);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        Slot pack;
        KLIF_UNROLL
        for (int j = 0; j < WIDTH; j++) {
          pack.v[j] = plane[i + j];
        }
        slots[((first * STATES + s) * (LANES / WIDTH) + i / WIDTH) * self.threads + self.thread] = pack;
      }
    }
  }

  KLIF_DEVICE void get(int first, LaneStates<M, L>& states) const {
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float plane[LANES];
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        const Slot pack = slots[((first * STATES + s) * (LANES / WIDTH) + i / WIDTH) * self.threads + self.thread];
        KLIF_UNROLL
        for (int j = 0; j < WIDTH; j++) {
          plane[i + j] = pack.v[j];
        }
      }
      states.setPlane(s, plane);
    }
  }

  // Plane s of checkpoint number n in scratch memory
  KLIF_DEVICE float* scratch(int n, int s, int i) const {
    const long long all = static_cast<long long>(gridDim.x) * gridDim.y * self.threads;
    const long long mine = static_cast<long long>(self.block) * self.threads + self.thread;
    const long long plane = static_cast<long long>(n) * STATES + s;
    return m.checkpoints + ((plane * (LANES / WIDTH) + i / WIDTH) * all + mine) * WIDTH;
  }

  // The states ahead of the first step of a chunk
  KLIF_DEVICE void save(int chunk, const LaneStates<M, L>& states) const {
    if (m.checkpoints == nullptr) {
      put(shape.chunk + chunk - 1, states);
      return;
    }
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float plane[LANES];
      states.plane(s, plane);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        Slot pack;
        KLIF_UNROLL
        for (int j = 0; j < WIDTH; j++) {
          pack.v[j] = plane[i + j];
        }
        storePack<float, WIDTH>(scratch(chunk - 1, s, i), pack);
      }
    }
  }

  KLIF_DEVICE void restore(const L& place, int chunk, LaneStates<M, L>& states) const {
    if (chunk == 0) {
      states.start(m.initial, shape, place);
      return;
    }
    if (m.checkpoints == nullptr) {
      get(shape.chunk + chunk - 1, states);
      return;
    }
    KLIF_UNROLL
    for (int s = 0; s < STATES; s++) {
      float plane[LANES];
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        const Slot pack = loadPack<float, WIDTH>(scratch(chunk - 1, s, i));
        KLIF_UNROLL
        for (int j = 0; j < WIDTH; j++) {
          plane[i + j] = pack.v[j];
        }
      }
      states.setPlane(s, plane);
    }
  }

  KLIF_DEVICE const T* inputAt(int t) const { return shape.constant ? m.x : m.x + static_cast<long long>(t) * shape.neurons; }

  // The steps from..to-1 once more. Keeping the states ahead of each, or else ahead of each chunk.
  template <bool KEEP>
  KLIF_DEVICE void replay(const L& place, int from, int to, LaneStates<M, L>& states) const {
    // read for each sequence anew, to have its registers back in the way backward
    const Affine<L> affine(m.scale, m.shift, channel);
    typename L::Raw next = place.load(inputAt(from));
    int left = shape.chunk;
    int chunk = 0;
    KLIF_ROLLED
    for (int t = from; t < to; t++) {
      if constexpr (KEEP) {
        put(t - from, states);
      }
      float x[LANES];
      L::unpack(next, x);
      if (!shape.constant && t + 1 < to) {
        next = place.load(inputAt(t + 1));
      }
      affine.apply(x);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        float u;
        stepForward<M>(states[i], learned[i], x[i], u);
      }
      if (!KEEP && --left == 0) {
        chunk++;
        save(chunk, states);
        left = shape.chunk;
      }
    }
  }

  // Writes gx and adds to the sums over it; x as it is stored.
  KLIF_DEVICE void emit(const L& place, int t, const float (&x)[LANES], const float (&g)[LANES]) {
    place.store(m.gx + static_cast<long long>(t) * shape.neurons, g);
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      sumAbs += fabsf(g[i]);
    }
    if (m.mean != nullptr) {
      const PerChannel<L> mean(m.mean, channel, 0.0f);
      const PerChannel<L> invStd(m.invStd, channel, 0.0f);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        const int n = i % L::CHANNELS;
        sumG[n] += g[i];
        sumGx[n] = fmaf(g[i], (x[i] - mean.v[n]) * invStd.v[n], sumGx[n]);
      }
    }
  }

  // One lane of one step; returns dL/dx.
  KLIF_DEVICE float stepLane(int lane, const float (&before)[STATES], float x, float gSpike, float (&g)[STATES]) {
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

  // The steps to-1..from backward; g is dL/dstates after, then before them.
  KLIF_DEVICE void back(const L& place, int from, int to, LaneStates<M, L>& g, float (&constantSum)[LANES]) {
    const Affine<L> affine(m.scale, m.shift, channel);
    const T* gSpikes = m.gSpikes + static_cast<long long>(to - 1) * shape.outputs;
    typename L::Raw nextGradient = place.load(gSpikes);
    // a number plus -0 keeps its bits
    const float everySpike = RAISED && m.everySpike != nullptr ? *m.everySpike : -0.0f;
    typename L::Raw next = place.load(inputAt(to - 1));
    KLIF_ROLLED
    for (int t = to - 1; t >= from; t--) {
      float gS[LANES];
      float x[LANES];
      float current[LANES];
      L::unpack(nextGradient, gS);
      if constexpr (RAISED) {
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          gS[i] += everySpike;
        }
      }
      L::unpack(next, x);
      L::unpack(next, current);
      if (t > from) {
        gSpikes -= shape.outputs;
        nextGradient = place.load(gSpikes);
        next = place.load(inputAt(t - 1));
      }
      affine.apply(current);
      LaneStates<M, L> before;
      get(t - from, before);
      KLIF_UNROLL
      for (int i = 0; i < LANES; i++) {
        current[i] = stepLane(i, before[i], current[i], gS[i], g[i]);
      }
      if (shape.constant) {
        KLIF_UNROLL
        for (int i = 0; i < LANES; i++) {
          constantSum[i] += current[i];
        }
      } else {
        emit(place, t, x, current);
      }
    }
  }

  KLIF_DEVICE void run(const L& place) {
    const int chunks = (shape.steps + shape.chunk - 1) / shape.chunk;
    LaneStates<M, L> states;
    if (chunks > 1) {
      restore(place, 0, states);
      replay<false>(place, 0, (chunks - 1) * shape.chunk, states);
    }
    LaneStates<M, L> g;
    float constantSum[LANES];
    KLIF_UNROLL
    for (int i = 0; i < LANES; i++) {
      constantSum[i] = 0.0f;
    }
    if (m.gLast != nullptr) {
      g.load(m.gLast, shape, place);
    } else {
      g.clear();
    }
    KLIF_ROLLED
    for (int chunk = chunks - 1; chunk >= 0; chunk--) {
      const int from = chunk * shape.chunk;
      const int to = min(from + shape.chunk, shape.steps);
      restore(place, chunk, states);
      replay<true>(place, from, to, states);
      back(place, from, to, g, constantSum);
    }
    if (shape.constant) {
      float x[LANES];
      L::unpack(place.load(m.x), x);
      emit(place, 0, x, constantSum);
    }
    if (m.gInitial != nullptr) {
      g.store(m.gInitial, shape, place);
    }
  }

  // Partials of dL/draw of each learned parameter. Every thread of the block calls it.
  KLIF_DEVICE void storeLearned(bool active) {
    float* partials = m.learnedPartials;
    const float* raw = m.learned;
    KLIF_UNROLL
    for (int p = 0; p < M::LEARNED; p++) {
      if (M::perChannel(p)) {
        const PerChannel<L> numbers(active ? raw : nullptr, channel, 0.0f);
        float values[L::CHANNELS];
        KLIF_UNROLL
        for (int i = 0; i < L::CHANNELS; i++) {
          values[i] = gLearned[i][p] * learnedSlope<M>(p, numbers.v[i]);
        }
        storeChannels<L>(partials, slots, self, shape, active, values);
        partials += static_cast<long long>(gridDim.x) * shape.channels;
      } else {
        const float total = sumBlock<WIDTH>(slots, self.thread, self.threads, gLearned[0][p]);
        if (self.thread == 0) {
          partials[self.block] = total * learnedSlope<M>(p, raw[0]);
        }
        partials += static_cast<long long>(gridDim.x) * gridDim.y;
      }
      raw += sizeOfLearned<M>(p, shape);
    }
  }
};

template <class M, class L, class T, bool RAISED>
KLIF_DEVICE void customBackward(const CustomBackwardMemory<T>& m, const SequenceShape& shape) {
  typedef Pack<float, L::WIDTH> Slot;
  KLIF_DYNAMIC_SHARED(Slot, slots);
  const ThreadPlace self;
  const bool active = self.column < shape.columns;
  const int channel = shape.channelwise && active ? L::channel(self.column) : 0;
  CustomBackward<M, L, T, RAISED> sequence(m, shape, self, slots, channel);
  KLIF_ROLLED
  for (int row = self.firstRow; active && row < shape.rows; row += self.rowStride) {
    const int group = row * shape.columns + self.column;
    if (group < shape.groups) {
      sequence.run(L(shape, group, row));
    }
  }
  if (m.learnedPartials != nullptr) {
    sequence.storeLearned(active);
  }
  if (m.normPartials != nullptr) {
    storeChannels<L>(m.normPartials, slots, self, shape, active, sequence.sumG);
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
