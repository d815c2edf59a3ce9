// Sequences of a user's neuron on the CPU: the template behind which Klif writes the neuron's text (device.compile.ModelText) and
// which g++ or clang++ makes a library of, one for each text. CustomCpuUnit.java calls its entries.
//
// A chunk of neighbouring neurons is carried through all T while its states are in the first-level cache; loops over the chunk's
// neurons are vectorised. Backward first recomputes the states ahead of each step from x, S planes a step, then goes back in time
// with stepBackward. Every element has its own sums, which are added up chunk element by chunk element in double precision, block by
// block in order: the bits do not depend on the number of threads, and there are no atomics.
//
// Bytes moved per neuron-step, float32: forward 8 (read x, write S), backward 12 (read x and gS, write gx); constant x 4/T + 4 and
// 4/T + 4 + 4/T; half of it in bfloat16. States ahead of each step stay in the caches: 4 S T bytes a neuron of the chunk.
#pragma once

#include "custom/interface.cuh"
#include "custom/custom_step.cuh"

#define KLIF_ENTRY extern "C" __attribute__((visibility("default")))

// each turn of the loop has elements of its own
#if defined(__clang__)
#define KLIF_INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(disable)")
#else
#define KLIF_INDEPENDENT _Pragma("GCC ivdep")
#endif

typedef long long Long;

// An activation in memory. Chunks are computed in float32: rows of bfloat16 are converted on their way in and out.
#ifdef KLIF_BFLOAT16
typedef unsigned short Stored;
#else
typedef float Stored;
#endif
static constexpr bool NARROW = sizeof(Stored) < sizeof(float);

static inline float widened(unsigned short stored) {
  const unsigned bits = static_cast<unsigned>(stored) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// To the nearest, ties to even; a NaN stays one.
static inline unsigned short narrowed(float value) {
  unsigned bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  const unsigned rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  return static_cast<unsigned short>(value == value ? rounded : (bits >> 16) | 0x40u);
}

// One pass; HostPass.java writes the fields, 8 bytes each. Absent pointers are null.
struct HostPass {
  const Stored* x;       // (T or 1, N, H, W, C)
  const float* scale;    // C, with shift
  const float* shift;    // C
  const float* mean;     // C, backward of a normalized unit, with invStd
  const float* invStd;   // C
  const float* learned;  // raw numbers, parameter by parameter
  const float* initial;  // S planes of (N, H, W, C), or null
  Stored* spikes;        // (T, N, H, W, C)
  float* last;           // S planes, or null
  float* charged;        // (T, N, H, W, C), or null
  float* potential;      // (T, N, H, W, C), or null
  float* activity;       // 2, or null
  const Stored* gSpikes; // (T, N, H, W, C)
  const float* everySpike; // 1: what each element of gSpikes has beside it, or null
  const float* gLast;    // S planes, or null
  Stored* gx;            // like x
  float* gInitial;       // S planes, or null
  float* gLearned;       // like learned, or null
  float* normSums;       // 2 C, or null
  float* tiles;          // scratch of the pass, rows: see Tile
  float* work;           // scratch of each worker, `workSize` elements one after the other
  double* sums;          // scratch: blocks times sumsOfBlock(channels)
  Long steps;            // T
  Long neurons;          // of a step
  Long constant;         // x is stored once
  Long channels;         // C where anything differs between channels, else 1
  Long length;           // of a chunk, a multiple of channels
  Long row;              // elements from row to row in tiles and work: length and a little, to spread over cache sets
  Long chunks;
  Long blocks;
  Long workSize;
};

// Rows of the tiles: numbers repeated along a chunk, so that element i finds its channel's at i.
enum Tile { SCALE, SHIFT, MEAN, INV_STD, LEARNED_VALUES };

// Rows of a worker's sums, one number for each element of a chunk.
enum SumRow { SUM_ABS, SUM_G, SUM_GX, SUM_LEARNED };

template <class M, class S>
struct HostSequence;

template <class M, int... S>
struct HostSequence<M, Indices<S...>> {
  static constexpr int STATES = M::STATES;
  static constexpr int LEARNED = M::LEARNED;
  static constexpr int SLOTS = M::LEARNED_SLOTS;
  typedef typename CountTo<M::LEARNED>::type EachLearned;

  const HostPass& p;
  const Long row;
  const Long stride;  // of x, from step to step

  explicit HostSequence(const HostPass& p) : p(p), row(p.row), stride(p.constant ? 0 : p.neurons) {}

  float* tile(int number) const { return p.tiles + number * row; }

  // A worker's rows: one to spare, those of activations, S of dL/dstate, sums, then S for each step: the states ahead of
  // it.
  float* workOf(Long worker) const { return p.work + worker * p.workSize; }
  float* gradients(float* work) const { return work + (NARROW ? 4 : 2) * row; }
  float* inputRow(float* work) const { return work + row; }
  float* spikeRow(float* work) const { return work + (NARROW ? 2 : 1) * row; }
  float* gradientRow(float* work) const { return work + 3 * row; }

  // Activations in memory as float32: where they are, or a copy in the row.
  static const float* read(const float* from, float*, int) { return from; }
  static const float* read(const unsigned short* from, float* row, int n) {
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      row[i] = widened(from[i]);
    }
    return row;
  }

  // Each number and one more; from may be the row.
  static const float* raised(const float* from, float more, float* row, int n) {
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      row[i] = from[i] + more;
    }
    return row;
  }

  // Where float32 numbers are to be put that become activations, for `wrote`.
  static float* place(float* to, float*) { return to; }
  static float* place(unsigned short*, float* row) { return row; }

  static void wrote(const float*, float*, int) {}
  static void wrote(const float* row, unsigned short* to, int n) {
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      to[i] = narrowed(row[i]);
    }
  }

  float* sumRow(float* work, int number) const { return gradients(work) + (STATES + number) * row; }
  float* statesAhead(float* work, Long step) const { return sumRow(work, SUM_LEARNED + SLOTS) + step * STATES * row; }

  // one for the layer stands in a register
  template <int... L>
  KLIF_DEVICE static void learnedAt(Indices<L...>, const float* values, Long row, Long i, float (&to)[SLOTS]) {
    ((to[L] = values[L * row + (M::perChannel(L) ? i : 0)]), ...);
  }

  template <int... L>
  KLIF_DEVICE static void addLearned(Indices<L...>, float* sums, Long row, Long i, const float (&g)[SLOTS]) {
    ((sums[L * row + i] += g[L]), ...);
  }

  static void copy(float* to, const float* from, Long n) {
    __builtin_memcpy(to, from, sizeof(float) * static_cast<unsigned long>(n));
  }

  static void clear(float* to, Long n) { __builtin_memset(to, 0, sizeof(float) * static_cast<unsigned long>(n)); }

  // planes of a chunk from memory, and back
  void load(const float* planes, Long first, int n, float* to) const {
    (copy(to + S * row, planes + S * p.neurons + first, n), ...);
  }

  void store(const float* from, Long first, int n, float* planes) const {
    (copy(planes + S * p.neurons + first, from + S * row, n), ...);
  }

  void start(Long first, int n, float* states) const {
    if (p.initial != nullptr) {
      load(p.initial, first, n, states);
      return;
    }
    float fresh[STATES];
    startStates<M>(fresh);
    for (int i = 0; i < n; i++) {
      ((states[S * row + i] = fresh[S]), ...);
    }
  }

  // One step of a chunk; the states may stay where they are. EMIT: writes the spikes; TRACED: and u of spike(u).
  template <bool NORMALIZED, bool EMIT, bool TRACED>
  void step(const float* x, const float* from, float* to, float* spikes, float* charged, int n) const {
    const Long row = this->row;
    const float* scale = tile(SCALE);
    const float* shift = tile(SHIFT);
    const float* values = tile(LEARNED_VALUES);
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      float state[STATES] = {from[S * row + i]...};
      float learned[SLOTS] = {};
      learnedAt(EachLearned(), values, row, i, learned);
      float u;
      const float current = NORMALIZED ? fmaOf(x[i], scale[i], shift[i]) : x[i];
      const float spike = stepForward<M>(state, learned, current, u);
      ((to[S * row + i] = state[S]), ...);
      if constexpr (EMIT) {
        spikes[i] = spike;
      }
      if constexpr (TRACED) {
        charged[i] = u;
      }
    }
  }

  // Sum of n numbers in 16 lanes: an order that does not depend on the compiler's vectors.
  static float sumOf(const float* values, int n) {
    float lanes[16] = {};
    int i = 0;
    for (; i + 16 <= n; i += 16) {
      for (int j = 0; j < 16; j++) {
        lanes[j] += values[i + j];
      }
    }
    for (int j = 0; i < n; i++, j++) {
      lanes[j] += values[i];
    }
    float sum = 0.0f;
    for (int j = 0; j < 16; j++) {
      sum += lanes[j];
    }
    return sum;
  }

  template <bool NORMALIZED, bool TRACED>
  double forwardChunk(Long first, int n, float* work) const {
    float* states = statesAhead(work, 0);
    double count = 0.0;
    start(first, n, states);
    for (Long t = 0; t < p.steps; t++) {
      const Long at = t * p.neurons + first;
      float* charged = p.charged != nullptr ? p.charged + at : work;
      const float* x = read(p.x + t * stride + first, inputRow(work), n);
      float* spikes = place(p.spikes + at, spikeRow(work));
      step<NORMALIZED, true, TRACED>(x, states, states, spikes, charged, n);
      count += sumOf(spikes, n);
      wrote(spikes, p.spikes + at, n);
      if (p.potential != nullptr) {
        copy(p.potential + at, states, n);
      }
    }
    if (p.last != nullptr) {
      store(states, first, n, p.last);
    }
    return count;
  }

  // CONSTANT: gx, a row, is added to; its sums are taken when all steps are in it.
  template <bool NORMALIZED, bool CONSTANT>
  void stepBack(const float* x, const float* before, const float* gSpikes, float* gx, float* work, int n) const {
    const Long row = this->row;
    const float* scale = tile(SCALE);
    const float* shift = tile(SHIFT);
    const float* mean = tile(MEAN);
    const float* invStd = tile(INV_STD);
    const float* values = tile(LEARNED_VALUES);
    float* g = gradients(work);
    float* sumAbs = sumRow(work, SUM_ABS);
    float* sumG = sumRow(work, SUM_G);
    float* sumGx = sumRow(work, SUM_GX);
    float* sumLearned = sumRow(work, SUM_LEARNED);
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      const float state[STATES] = {before[S * row + i]...};
      float gState[STATES] = {g[S * row + i]...};
      float learned[SLOTS] = {};
      float gLearned[SLOTS] = {};
      learnedAt(EachLearned(), values, row, i, learned);
      const float current = NORMALIZED ? fmaOf(x[i], scale[i], shift[i]) : x[i];
      const float gCurrent = stepBackward<M>(state, learned, current, gSpikes[i], gState, gLearned);
      ((g[S * row + i] = gState[S]), ...);
      addLearned(EachLearned(), sumLearned, row, i, gLearned);
      if constexpr (CONSTANT) {
        gx[i] += gCurrent;
      } else {
        gx[i] = gCurrent;
        sumAbs[i] += absOf(gCurrent);
        if constexpr (NORMALIZED) {
          sumG[i] += gCurrent;
          sumGx[i] = fmaOf(gCurrent, (x[i] - mean[i]) * invStd[i], sumGx[i]);
        }
      }
    }
  }

  void sumConstant(const float* x, const float* gx, float* work, int n) const {
    const float* mean = tile(MEAN);
    const float* invStd = tile(INV_STD);
    float* sumAbs = sumRow(work, SUM_ABS);
    float* sumG = sumRow(work, SUM_G);
    float* sumGx = sumRow(work, SUM_GX);
    KLIF_INDEPENDENT
    for (int i = 0; i < n; i++) {
      sumAbs[i] += absOf(gx[i]);
      sumG[i] += gx[i];
      sumGx[i] = fmaOf(gx[i], (x[i] - mean[i]) * invStd[i], sumGx[i]);
    }
  }

  template <bool NORMALIZED, bool CONSTANT>
  void backwardChunk(Long first, int n, float* work) const {
    start(first, n, statesAhead(work, 0));
    for (Long t = 0; t + 1 < p.steps; t++) {
      const float* x = read(p.x + t * stride + first, inputRow(work), n);
      step<NORMALIZED, false, false>(x, statesAhead(work, t), statesAhead(work, t + 1), nullptr, nullptr, n);
    }
    float* g = gradients(work);
    if (p.gLast != nullptr) {
      load(p.gLast, first, n, g);
    } else {
      clear(g, STATES * row);
    }
    if (CONSTANT) {
      clear(work, row);
    }
    for (Long t = p.steps - 1; t >= 0; t--) {
      const Long at = t * p.neurons + first;
      const float* x = read(p.x + t * stride + first, inputRow(work), n);
      const float* gSpikes = read(p.gSpikes + at, spikeRow(work), n);
      if (p.everySpike != nullptr) {
        gSpikes = raised(gSpikes, *p.everySpike, spikeRow(work), n);
      }
      float* gx = CONSTANT ? work : place(p.gx + at, gradientRow(work));
      stepBack<NORMALIZED, CONSTANT>(x, statesAhead(work, t), gSpikes, gx, work, n);
      if (!CONSTANT) {
        wrote(gx, p.gx + at, n);
      }
    }
    if (CONSTANT) {
      const float* x = read(p.x + first, inputRow(work), n);
      sumConstant(x, work, work, n);
      float* gx = place(p.gx + first, work);
      if (!NARROW) {
        copy(gx, work, n);
      }
      wrote(gx, p.gx + first, n);
    }
    if (p.gInitial != nullptr) {
      store(g, first, n, p.gInitial);
    }
  }

  Long firstChunk(Long block) const { return p.chunks * block / p.blocks; }
  int sizeOf(Long first) const { return static_cast<int>(p.neurons - first < p.length ? p.neurons - first : p.length); }

  // A block's sums: [0] of spikes or |gx|; then, for each channel, of gx, of gx xhat, of dL/dlearned.
  Long sumsOfBlock() const { return 1 + (SUM_LEARNED - 1 + LEARNED) * p.channels; }

  template <bool NORMALIZED, bool TRACED>
  void forwardBlocks(Long from, Long to, Long worker) const {
    float* work = workOf(worker);
    for (Long block = from; block < to; block++) {
      double count = 0.0;
      for (Long chunk = firstChunk(block); chunk < firstChunk(block + 1); chunk++) {
        const Long first = chunk * p.length;
        count += forwardChunk<NORMALIZED, TRACED>(first, sizeOf(first), work);
      }
      p.sums[block * sumsOfBlock()] = count;
    }
  }

  template <bool NORMALIZED, bool CONSTANT>
  void backwardBlocks(Long from, Long to, Long worker) const {
    float* work = workOf(worker);
    for (Long block = from; block < to; block++) {
      clear(sumRow(work, 0), (SUM_LEARNED + SLOTS) * row);
      for (Long chunk = firstChunk(block); chunk < firstChunk(block + 1); chunk++) {
        const Long first = chunk * p.length;
        backwardChunk<NORMALIZED, CONSTANT>(first, sizeOf(first), work);
      }
      double* sums = p.sums + block * sumsOfBlock();
      fold(sumRow(work, SUM_ABS), 1, sums);
      for (int number = NORMALIZED ? SUM_G : SUM_LEARNED; number < SUM_LEARNED + LEARNED; number++) {
        fold(sumRow(work, number), p.channels, sums + 1 + (number - SUM_G) * p.channels);
      }
    }
  }

  static constexpr Long LANES = 16;

  // Chunk elements to channels. Of few channels several rows at once, so that additions do not wait for one another.
  void fold(const float* values, Long channels, double* to) const {
    double lanes[LANES * LANES];
    const bool few = channels < LANES;
    const Long width = few ? LANES * channels : channels;
    double* sums = few ? lanes : to;
    __builtin_memset(sums, 0, sizeof(double) * static_cast<unsigned long>(width));
    for (Long i = 0; i < p.length; i += width) {
      const Long end = p.length - i < width ? p.length - i : width;
      for (Long c = 0; c < end; c++) {
        sums[c] += values[i + c];
      }
    }
    for (Long c = 0; few && c < channels; c++) {
      to[c] = 0.0;
      for (Long lane = c; lane < width; lane += channels) {
        to[c] += lanes[lane];
      }
    }
  }

  void repeat(const float* values, Long count, int number) const {
    float* to = tile(number);
    for (Long i = 0; i < p.length; i += count) {
      copy(to + i, values, count);
    }
  }

  // Numbers of parameters start at multiples of 16: NeuronModel.offset.
  Long sizeOfLearned(int parameter) const { return M::perChannel(parameter) ? p.channels : 1; }
  static Long padded(Long size) { return (size + 15) / 16 * 16; }

  void prepare() const {
    if (p.scale != nullptr) {
      repeat(p.scale, p.channels, SCALE);
      repeat(p.shift, p.channels, SHIFT);
    }
    if (p.mean != nullptr) {
      repeat(p.mean, p.channels, MEAN);
      repeat(p.invStd, p.channels, INV_STD);
    }
    Long offset = 0;
    for (int parameter = 0; parameter < LEARNED; parameter++) {
      const Long size = sizeOfLearned(parameter);
      float* values = tile(LEARNED_VALUES + parameter);
      for (Long i = 0; i < size; i++) {
        values[i] = learnedValue<M>(parameter, p.learned[offset + i]);
      }
      for (Long i = size; i < p.length; i += size) {
        copy(values + i, values, size);
      }
      offset += padded(size);
    }
  }

  double total(Long number) const {
    double sum = 0.0;
    for (Long block = 0; block < p.blocks; block++) {
      sum += p.sums[block * sumsOfBlock() + number];
    }
    return sum;
  }

  void finishForward() const {
    if (p.activity != nullptr) {
      p.activity[0] = static_cast<float>(total(0) / (static_cast<double>(p.neurons) * static_cast<double>(p.steps)));
    }
  }

  void finishBackward() const {
    if (p.activity != nullptr) {
      const double elements = static_cast<double>(p.neurons) * (p.constant ? 1.0 : static_cast<double>(p.steps));
      p.activity[1] = static_cast<float>(total(0) / elements);
    }
    if (p.normSums != nullptr) {
      for (Long c = 0; c < 2 * p.channels; c++) {
        p.normSums[c] = static_cast<float>(total(1 + c));
      }
    }
    for (Long parameter = 0, offset = 0; p.gLearned != nullptr && parameter < LEARNED; parameter++) {
      const Long size = sizeOfLearned(static_cast<int>(parameter));
      float* to = p.gLearned + offset;
      for (Long i = 0; i < size; i++) {
        double sum = 0.0;
        for (Long c = i; c < p.channels; c += size) {
          sum += total(1 + (SUM_LEARNED - SUM_G + parameter) * p.channels + c);
        }
        to[i] = static_cast<float>(sum * learnedSlope<M>(static_cast<int>(parameter), p.learned[offset + i]));
      }
      clear(to + size, padded(size) - size);
      offset += padded(size);
    }
  }
};

template <class M>
using HostSequenceOf = HostSequence<M, typename CountTo<M::STATES>::type>;

// Behind the model: its entries. Blocks from..to-1 are done with the scratch of a worker.
#define KLIF_HOST_ENTRIES(M)                                                                  \
  KLIF_ENTRY void klifPrepare(const HostPass* p) { HostSequenceOf<M>(*p).prepare(); }         \
  KLIF_ENTRY void klifFinishForward(const HostPass* p) { HostSequenceOf<M>(*p).finishForward(); }   \
  KLIF_ENTRY void klifFinishBackward(const HostPass* p) { HostSequenceOf<M>(*p).finishBackward(); } \
  KLIF_ENTRY void klifForward(const HostPass* p, Long from, Long to, Long worker) {           \
    const HostSequenceOf<M> sequence(*p);                                                     \
    if (p->charged != nullptr) {                                                              \
      p->scale != nullptr ? sequence.template forwardBlocks<true, true>(from, to, worker)     \
                          : sequence.template forwardBlocks<false, true>(from, to, worker);   \
    } else {                                                                                  \
      p->scale != nullptr ? sequence.template forwardBlocks<true, false>(from, to, worker)    \
                          : sequence.template forwardBlocks<false, false>(from, to, worker);  \
    }                                                                                         \
  }                                                                                           \
  KLIF_ENTRY void klifBackward(const HostPass* p, Long from, Long to, Long worker) {          \
    const HostSequenceOf<M> sequence(*p);                                                     \
    if (p->constant) {                                                                        \
      p->scale != nullptr ? sequence.template backwardBlocks<true, true>(from, to, worker)    \
                          : sequence.template backwardBlocks<false, true>(from, to, worker);  \
    } else {                                                                                  \
      p->scale != nullptr ? sequence.template backwardBlocks<true, false>(from, to, worker)   \
                          : sequence.template backwardBlocks<false, false>(from, to, worker); \
    }                                                                                         \
  }
