// What the instructions of translated PTX do (ptx_*.cpp write calls of these). Names are those of PTX where they can be.
#pragma once

#include <type_traits>

#include "ptx_object.h"

#undef min
#undef max
#undef fmaxf
#undef fminf

namespace klif_ptx {

using klif_sim::fault;

template <class T>
inline uint64_t bits(T value) {
  uint64_t b = 0;
  std::memcpy(&b, &value, sizeof value);
  return b;
}

template <class T>
inline T from(uint64_t b) {
  T value;
  std::memcpy(&value, &b, sizeof value);
  return value;
}

// A register that nothing was written to yet: no value that a kernel would take for a good one.
template <class T>
inline T unset() {
  return from<T>(sizeof(T) == 8 ? 0xfff8deaddeaddeadull : 0xffdeaddeadull);
}
template <>
inline bool unset<bool>() {
  return true;
}

template <class T>
inline T load(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
inline void store(unsigned char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

// Arithmetic

inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float sqrt(float a) { return __builtin_sqrtf(a); }
inline double sqrt(double a) { return __builtin_sqrt(a); }

template <class T>
constexpr uint64_t SIGN = 1ull << (8 * sizeof(T) - 1);

// The sign alone, also of a NaN.
template <class T>
inline T neg(T a) {
  return from<T>(bits(a) ^ SIGN<T>);
}
template <class T>
inline T abs(T a) {
  return from<T>(bits(a) & ~SIGN<T>);
}
// the sign of a, the magnitude of b
template <class T>
inline T copysign(T a, T b) {
  return from<T>((bits(a) & SIGN<T>) | (bits(b) & ~SIGN<T>));
}

// A NaN loses against a number, and -0 is below +0.
template <class T>
inline T max(T a, T b) {
  if (a == b) {
    return (bits(a) & SIGN<T>) != 0 ? b : a;
  }
  return a > b || b != b ? a : b;
}
template <class T>
inline T maxOrNaN(T a, T b) {
  return a != a || b != b ? a + b : max(a, b);
}
template <class T>
inline T min(T a, T b) {
  if (a == b) {
    return (bits(a) & SIGN<T>) != 0 ? a : b;
  }
  return a < b || b != b ? a : b;
}

// rcp.approx.ftz.f64: of the upper word of a alone, 20 bits of mantissa, rounded here; a GPU's last bit of these may differ.
inline double rcpApproximate(double a) {
  double upper = from<double>(bits(a) & 0xffffffff00000000ull);
  uint64_t sign = bits(a) & SIGN<double>, exponent = bits(upper) >> 52 & 0x7ff;
  if (exponent == 0) {
    return from<double>(sign | 0x7ff0000000000000ull);
  }
  if (exponent == 0x7ff) {
    return a != a ? from<double>(0x7fffffff00000000ull) : from<double>(sign);
  }
  uint64_t r = bits(1.0 / upper);
  return (r >> 52 & 0x7ff) == 0 ? from<double>(sign) : from<double>((r + 0x80000000ull) & 0xffffffff00000000ull);
}

// Approximations of float32: the rounded result here; a GPU's may be 2 ulp off. ftz: a subnormal counts as zero.
inline float flushed(float a) { return abs(a) < 0x1p-126f ? from<float>(bits(a) & SIGN<float>) : a; }
inline float exp2Approximate(float a) { return flushed(static_cast<float>(std::exp2(static_cast<double>(flushed(a))))); }
inline float log2Approximate(float a) { return static_cast<float>(std::log2(static_cast<double>(flushed(a)))); }
inline float rcpApproximate(float a) { return flushed(1.0f / flushed(a)); }
inline float sqrtApproximate(float a) { return flushed(__builtin_sqrtf(flushed(a))); }
inline float rsqrtApproximate(float a) { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(flushed(a)))); }

template <class T>
inline T shl(T a, uint32_t n) {
  return n >= 8 * sizeof(T) ? 0 : static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) << n);
}
template <class T>
inline T shr(T a, uint32_t n) {
  if (n >= 8 * sizeof(T)) {
    return a < 0 ? static_cast<T>(-1) : 0;
  }
  return static_cast<T>(a >> n);
}
template <class T>
inline T div(T a, T b) {
  if (b == 0) {
    fault("division by zero");
  }
  return std::is_signed<T>::value && b == static_cast<T>(-1) ? static_cast<T>(0 - static_cast<uint64_t>(a)) : static_cast<T>(a / b);
}
template <class T>
inline T rem(T a, T b) {
  if (b == 0) {
    fault("division by zero");
  }
  return std::is_signed<T>::value && b == static_cast<T>(-1) ? 0 : static_cast<T>(a % b);
}
template <class T>
inline T mulHigh(T a, T b) {
  if (sizeof(T) == 8) {
    using Wide = std::conditional_t<std::is_signed<T>::value, __int128, unsigned __int128>;
    return static_cast<T>(static_cast<Wide>(a) * b >> 64);
  }
  using Wide = std::conditional_t<std::is_signed<T>::value, int64_t, uint64_t>;
  return static_cast<T>(static_cast<Wide>(a) * b >> 8 * sizeof(T));
}
inline uint32_t shfLeft(uint32_t low, uint32_t high, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint64_t>(high) << 32 | low) << (n & 31) >> 32);
}
inline uint32_t shfRight(uint32_t low, uint32_t high, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint64_t>(high) << 32 | low) >> (n & 31));
}
inline uint32_t clz(uint32_t a) { return a == 0 ? 32 : static_cast<uint32_t>(__builtin_clz(a)); }
inline uint32_t clz(uint64_t a) { return a == 0 ? 64 : static_cast<uint32_t>(__builtin_clzll(a)); }
inline uint32_t popc(uint32_t a) { return static_cast<uint32_t>(__builtin_popcount(a)); }
inline uint32_t popc(uint64_t a) { return static_cast<uint32_t>(__builtin_popcountll(a)); }

// To an integer, towards zero; what does not fit becomes the nearest that does, a NaN becomes 0 (64 bits: the lowest).
template <class T, class F>
inline T integer(F a) {
  constexpr T LOWEST = std::is_signed<T>::value ? static_cast<T>(1ull << (8 * sizeof(T) - 1)) : 0;
  if (a != a) {
    return sizeof(T) == 8 ? static_cast<T>(1ull << 63) : 0;
  }
  const F end = std::is_signed<T>::value ? static_cast<F>(1ull << (8 * sizeof(T) - 1)) : static_cast<F>(2 * static_cast<F>(1ull << (8 * sizeof(T) - 1)));
  if (a >= end) {
    return static_cast<T>(~LOWEST);
  }
  return a <= static_cast<F>(LOWEST) ? LOWEST : static_cast<T>(a);
}

// Memory

inline const unsigned char* globalRead(uint64_t address, int bytes, int line) {
  const unsigned char* at = reinterpret_cast<const unsigned char*>(address);
  if (address % static_cast<unsigned>(bytes) != 0) {
    fault("PTX line %d: ld.global of %d bytes from the misaligned address %p", line, bytes, static_cast<const void*>(at));
  }
  if ((klif_sim::ptxWatch & klif_sim::WATCH_RACES) != 0) {
    klif_sim::ptxRead(at, bytes, line);
  }
  return at;
}

inline unsigned char* globalWrite(uint64_t address, int bytes, int line, int number) {
  unsigned char* at = reinterpret_cast<unsigned char*>(address);
  if (address % static_cast<unsigned>(bytes) != 0) {
    fault("PTX line %d: st.global of %d bytes to the misaligned address %p", line, bytes, static_cast<void*>(at));
  }
  if (klif_sim::ptxWatch != 0) {
    klif_sim::ptxWrite(at, bytes, line, number);
  }
  return at;
}

// Shared memory: each array in 16 MiB of addresses of its own, the first one at 1 << 24, so that none reaches into another.
template <int COUNT, int ELEMENT>
struct SharedArrays {
  klif_sim::SharedRecord* arrays[COUNT];
  unsigned alignments[COUNT];

  unsigned char* read(uint64_t address, unsigned bytes, int line) const { return at<false>(address, bytes, line); }
  unsigned char* write(uint64_t address, unsigned bytes, int line) const { return at<true>(address, bytes, line); }

 private:
  template <bool WRITE>
  unsigned char* at(uint64_t address, unsigned bytes, int line) const {
    uint64_t window = (address >> 24) - 1;
    unsigned offset = static_cast<unsigned>(address & 0xffffff);
    if (window >= COUNT || offset + bytes > arrays[window]->count * ELEMENT) {
      fault("PTX line %d: address %#llx of shared memory is outside %s%s", line, static_cast<unsigned long long>(address),
            window < COUNT ? "the array " : "of every array", window < COUNT ? arrays[window]->name : "");
    }
    klif_sim::SharedRecord* array = arrays[window];
    if (offset % bytes != 0 || alignments[window] < bytes) {
      fault("PTX line %d: byte %u of the shared array %s is misaligned for %u bytes", line, offset, array->name, bytes);
    }
    for (unsigned i = offset / ELEMENT; i < (offset + bytes) / ELEMENT; i++) {
      if (WRITE) {
        klif_sim::recordWrite(array, i);
      } else {
        klif_sim::recordRead(array, i);
      }
    }
    return array->data + offset;
  }
};

// Coverage

inline void ran(unsigned char& block) { __atomic_store_n(&block, 1, __ATOMIC_RELAXED); }

// Warps

inline uint32_t laneNumber() { return klif_sim::current->linear & 31u; }

// shfl.sync: the value of lane `from`, where `there` says that it is in range; else one's own.
inline uint32_t shuffled(uint32_t mask, uint32_t value, uint32_t from, bool there) {
  return static_cast<uint32_t>(klif_sim::exchange(mask, value, static_cast<int>(there ? from : laneNumber())));
}
inline uint32_t lowestLane(uint32_t c) { return laneNumber() & (c >> 8 & 31); }
inline uint32_t highestLane(uint32_t c) { return lowestLane(c) | (c & 31 & ~(c >> 8)); }
inline uint32_t shflBfly(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, bool& there) {
  uint32_t from = laneNumber() ^ (b & 31);
  there = from <= highestLane(c);
  return shuffled(mask, value, from, there);
}
inline uint32_t shflIdx(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, bool& there) {
  uint32_t from = lowestLane(c) | (b & 31 & ~(c >> 8));
  there = from <= highestLane(c);
  return shuffled(mask, value, from, there);
}
inline uint32_t shflDown(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, bool& there) {
  uint32_t from = laneNumber() + (b & 31);
  there = from <= highestLane(c);
  return shuffled(mask, value, from, there);
}
inline uint32_t shflUp(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, bool& there) {
  uint32_t from = laneNumber() - (b & 31);
  there = static_cast<int>(from) >= static_cast<int>(highestLane(c));
  return shuffled(mask, value, from, there);
}

// All threads of a block without barriers, one after another.
template <void (*THREAD)(void* const*)>
inline void runBlock(klif_sim::Thread& thread, void* const* parameters) {
  const dim3 size = thread.blockSize;
  thread.linear = 0;
  for (unsigned z = 0; z < size.z; z++) {
    for (unsigned y = 0; y < size.y; y++) {
      for (unsigned x = 0; x < size.x; x++, thread.linear++) {
        thread.index = {x, y, z};
        THREAD(parameters);
      }
    }
  }
}

}  // namespace klif_ptx
