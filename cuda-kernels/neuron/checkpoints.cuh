// What a backward pass keeps of the forward pass that it computes again: for each step of one chunk of time what going back needs
// (PLANES numbers a lane), in fast memory; and the states ahead of each chunk but the first (PLANES as well), there too, or in scratch
// memory where they are too many. Neighbouring threads have neighbouring slots.
#pragma once

#include "neuron/sequence.cuh"

template <int PLANES, class L>
struct Checkpoints {
  static constexpr int LANES = L::LANES;
  static constexpr int WIDTH = L::WIDTH;
  typedef Pack<float, WIDTH> Slot;
  typedef LaneStates<PLANES, L> States;

  const SharedPointer<Slot> slots;  // of the block: a chunk's steps, then the checkpoints unless these are in scratch
  float* const scratch;             // optional
  const int chunk;                  // steps
  const ThreadPlace& self;

  KLIF_DEVICE Checkpoints(SharedPointer<Slot> slots, float* scratch, int chunk, const ThreadPlace& self)
      : slots(slots), scratch(scratch), chunk(chunk), self(self) {}

  // Of a step, counted from the start of its chunk
  KLIF_DEVICE void put(int step, const States& states) const {
    KLIF_UNROLL
    for (int s = 0; s < PLANES; s++) {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        slots[indexOf(step, s, i)] = packOf(states, s, i);
      }
    }
  }

  KLIF_DEVICE void get(int step, States& states) const {
    KLIF_UNROLL
    for (int s = 0; s < PLANES; s++) {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        const Slot pack = slots[indexOf(step, s, i)];
        setPack(states, s, i, pack);
      }
    }
  }

  // The states ahead of a chunk; the first has none here.
  KLIF_DEVICE void save(int number, const States& states) const {
    if (scratch == nullptr) {
      put(chunk + number - 1, states);
      return;
    }
    KLIF_UNROLL
    for (int s = 0; s < PLANES; s++) {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        storePack<float, WIDTH>(scratchOf(number, s, i), packOf(states, s, i));
      }
    }
  }

  KLIF_DEVICE void restore(int number, States& states) const {
    if (scratch == nullptr) {
      get(chunk + number - 1, states);
      return;
    }
    KLIF_UNROLL
    for (int s = 0; s < PLANES; s++) {
      KLIF_UNROLL
      for (int i = 0; i < LANES; i += WIDTH) {
        setPack(states, s, i, loadPack<float, WIDTH>(scratchOf(number, s, i)));
      }
    }
  }

 private:
  KLIF_DEVICE int indexOf(int step, int plane, int lane) const {
    return ((step * PLANES + plane) * (LANES / WIDTH) + lane / WIDTH) * self.threads + self.thread;
  }

  KLIF_DEVICE float* scratchOf(int number, int plane, int lane) const {
    const long long all = static_cast<long long>(gridDim.x) * gridDim.y * self.threads;
    const long long mine = static_cast<long long>(self.block) * self.threads + self.thread;
    const long long row = (static_cast<long long>(number - 1) * PLANES + plane) * (LANES / WIDTH) + lane / WIDTH;
    return scratch + (row * all + mine) * WIDTH;
  }

  KLIF_DEVICE static Slot packOf(const States& states, int plane, int lane) {
    Slot pack;
    KLIF_UNROLL
    for (int j = 0; j < WIDTH; j++) {
      pack.v[j] = states[lane + j][plane];
    }
    return pack;
  }

  KLIF_DEVICE static void setPack(States& states, int plane, int lane, const Slot& pack) {
    KLIF_UNROLL
    for (int j = 0; j < WIDTH; j++) {
      states[lane + j][plane] = pack.v[j];
    }
  }
};
