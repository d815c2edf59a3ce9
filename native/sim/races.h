// Who touched a piece of memory last, and whether an access comes without an order: for shared memory, and for global memory of PTX.
#pragma once

#include "device.h"

namespace klif_sim {

// Parts of a Touch (device.h): the block's number plus one, the thread, its block's barriers, its warp's.
constexpr int TOUCH_THREAD_BITS = 10, TOUCH_EPOCH_BITS = 15;
constexpr uint64_t TOUCH_EPOCHS = (1u << TOUCH_EPOCH_BITS) - 1;
constexpr uint64_t TOUCH_BLOCKS = (1u << (64 - TOUCH_THREAD_BITS - 2 * TOUCH_EPOCH_BITS)) - 1;

inline uint64_t blockOf(Touch t) { return t >> (TOUCH_THREAD_BITS + 2 * TOUCH_EPOCH_BITS); }
inline uint64_t threadOf(Touch t) { return t >> (2 * TOUCH_EPOCH_BITS) & ((1u << TOUCH_THREAD_BITS) - 1); }
inline uint64_t barriersOf(Touch t) { return t >> TOUCH_EPOCH_BITS & TOUCH_EPOCHS; }
inline uint64_t warpBarriersOf(Touch t) { return t & TOUCH_EPOCHS; }

// Of the current thread, in a block of that number (from 0).
inline Touch touchIn(uint64_t block) {
  const Thread& t = *current;
  return (((block + 1) << TOUCH_THREAD_BITS | t.linear) << TOUCH_EPOCH_BITS | (t.epoch & TOUCH_EPOCHS)) << TOUCH_EPOCH_BITS |
         (t.warpEpoch & TOUCH_EPOCHS);
}

// Whether nothing orders the earlier one before the later one.
inline bool unordered(Touch earlier, Touch later) {
  if (earlier == 0 || (blockOf(earlier) == blockOf(later) && threadOf(earlier) == threadOf(later))) {
    return false;
  }
  if (blockOf(earlier) != blockOf(later)) {
    return true;
  }
  bool sameWarp = threadOf(earlier) / 32 == threadOf(later) / 32;
  return barriersOf(earlier) == barriersOf(later) && (!sameWarp || warpBarriersOf(earlier) == warpBarriersOf(later));
}

// The last reader, and the last before it that is further away: one of each kind is enough to find a writer without an order.
inline void addReader(Access& access, Touch now) {
  const Touch before = access.reader;
  access.reader = now;
  if (before == 0) {
    return;
  }
  if (blockOf(before) != blockOf(now)) {
    access.elsewhere = before;
    access.otherWarp = access.other = 0;
  } else if (threadOf(before) / 32 != threadOf(now) / 32) {
    access.otherWarp = before;
    access.other = 0;
  } else if (threadOf(before) != threadOf(now)) {
    access.other = before;
  }
}

// A reader that nothing orders before a write; 0 where there is none.
inline Touch unorderedReader(const Access& access, Touch now) {
  for (Touch reader : {access.reader, access.other, access.otherWarp, access.elsewhere}) {
    if (unordered(reader, now)) {
      return reader;
    }
  }
  return 0;
}

}  // namespace klif_sim
