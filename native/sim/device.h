// The device side of CUDA as far as Klif's kernels use it, for g++: included by cuda-kernels/common/platform.cuh only.
//
// A kernel's threads run one after another on an operating-system thread; `current` points to the one that runs. Threads of a kernel
// with barriers are fibers (fibers.cpp) that give way at a barrier or a warp operation.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define KLIF_KERNEL
// The section marks the kernels whose threads need fibers: registration.h compares addresses.
#define KLIF_KERNEL_BARRIER __attribute__((section("klif_barrier"), noinline))
#define KLIF_DEVICE inline __attribute__((always_inline))
#define KLIF_RESTRICT
#define KLIF_UNROLL _Pragma("GCC unroll 16")
#define KLIF_SHARED(type, name, count)     \
  static const char name##_key = 0;        \
  klif_sim::Shared<type> name = klif_sim::sharedArray<type>(&name##_key, count, #name)
#define KLIF_DYNAMIC_SHARED(type, name) klif_sim::Shared<type> name = klif_sim::dynamicSharedArray<type>(#name)
#define __launch_bounds__(...)

struct uint2 {
  unsigned x, y;
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct dim3 {
  unsigned x, y, z;
};

// What kernels call of the driver: also those of a user's neuron, which are a shared object of their own, linked against libcuda.so.1.
#define KLIF_SIM_FOR_KERNELS __attribute__((visibility("default")))

namespace klif_sim {

struct Block;

// What a kernel sees of itself.
struct Thread {
  uint3 index;
  uint3 blockIndex;
  dim3 blockSize;
  dim3 gridSize;
  Block* block;
  unsigned linear;   // number within the block
  unsigned epoch;    // block barriers passed, plus one
  unsigned warpEpoch;  // __syncwarp() passed by its warp within this epoch
};

// One pointer a system thread: the kernel thread it is running. It lies in the driver's static block of thread-local memory, which an
// object that is loaded later finds by its offset as the driver itself does.
extern __thread Thread* current __attribute__((tls_model("initial-exec"), visibility("default")));

// Ends the kernel with a fault; `kind` is the sentence that follows kernel, block and thread.
[[noreturn]] KLIF_SIM_FOR_KERNELS void fault(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Block, thread, and the barriers passed, in one word (races.h); 0: nobody.
typedef uint64_t Touch;

// Who touched an element last.
struct Access {
  Touch writer = 0, reader = 0;
  Touch other = 0;      // a reader of the same warp, not that thread
  Touch otherWarp = 0;  // a reader of the same block, not of that warp
  Touch elsewhere = 0;  // a reader of another block
};

struct SharedRecord {
  const void* key;
  const char* name;
  unsigned char* data;
  Access* accesses;
  size_t count;
};

KLIF_SIM_FOR_KERNELS SharedRecord* findShared(const void* key, size_t elementSize, size_t count, const char* name);
KLIF_SIM_FOR_KERNELS SharedRecord* findDynamicShared(size_t elementSize, const char* name);
KLIF_SIM_FOR_KERNELS void recordRead(SharedRecord* array, long long index);
KLIF_SIM_FOR_KERNELS void recordWrite(SharedRecord* array, long long index);

template <class T>
class SharedElement {
 public:
  SharedElement(SharedRecord* array, long long index) : array(array), index(index) {}
  operator T() const {
    recordRead(array, index);
    T value;
    std::memcpy(&value, array->data + index * sizeof(T), sizeof(T));
    return value;
  }
  const SharedElement& operator=(const T& value) const {
    recordWrite(array, index);
    std::memcpy(array->data + index * sizeof(T), &value, sizeof(T));
    return *this;
  }
  const SharedElement& operator=(const SharedElement& other) const { return *this = static_cast<T>(other); }
  SharedElement(const SharedElement&) = default;
  const SharedElement& operator+=(const T& value) const { return *this = static_cast<T>(*this) + value; }
  const SharedElement& operator-=(const T& value) const { return *this = static_cast<T>(*this) - value; }
  const SharedElement& operator*=(const T& value) const { return *this = static_cast<T>(*this) * value; }
  const SharedElement& operator|=(const T& value) const { return *this = static_cast<T>(*this) | value; }

 private:
  SharedRecord* array;
  long long index;
};

template <class T>
class Shared {
 public:
  explicit Shared(SharedRecord* array, long long offset = 0) : array(array), offset(offset) {}
  SharedElement<T> operator[](long long index) const { return SharedElement<T>(array, offset + index); }
  SharedElement<T> operator*() const { return SharedElement<T>(array, offset); }
  Shared operator+(long long more) const { return Shared(array, offset + more); }

 private:
  static_assert(std::is_trivially_copyable<T>::value, "elements of shared memory are copied as bytes");
  SharedRecord* array;
  long long offset;
};

template <class T>
inline Shared<T> sharedArray(const void* key, size_t count, const char* name) {
  return Shared<T>(findShared(key, sizeof(T), count, name));
}

template <class T>
inline Shared<T> dynamicSharedArray(const char* name) {
  return Shared<T>(findDynamicShared(sizeof(T), name));
}

KLIF_SIM_FOR_KERNELS void syncBlock(const char* file, int line);
KLIF_SIM_FOR_KERNELS void syncWarp(unsigned mask);
// Gives `mine` to the warp and returns the value of lane `from`; a lane outside the warp means one's own.
KLIF_SIM_FOR_KERNELS uint64_t exchange(unsigned mask, uint64_t mine, int from);
KLIF_SIM_FOR_KERNELS unsigned ballot(unsigned mask, bool mine);

template <class T>
inline T exchangeAs(unsigned mask, T mine, int from) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
  uint64_t bits = 0;
  std::memcpy(&bits, &mine, sizeof(T));
  bits = exchange(mask, bits, from);
  std::memcpy(&mine, &bits, sizeof(T));
  return mine;
}

inline int lane() { return static_cast<int>(current->linear & 31); }

inline void checkAligned(const void* address, size_t bytes) {
  if (reinterpret_cast<uintptr_t>(address) % bytes != 0) {
    fault("misaligned address %p for a load or store of %zu bytes", address, bytes);
  }
}

inline float floatOfBits(uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

inline uint32_t bitsOfFloat(float f) {
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  return bits;
}

// Round to nearest even; NaN becomes the one the GPU's conversion gives.
inline uint16_t bfloatOfFloat(float f) {
  uint32_t bits = bitsOfFloat(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return 0x7fff;
  }
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

inline float floatOfHalf(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) {  // infinity, NaN
    return floatOfBits(sign | 0x7f800000u | (magnitude & 0x3ff) << 13);
  }
  if (magnitude < 0x400) {  // zero and subnormal: exact, the smallest step is 2^-24
    return floatOfBits(sign | bitsOfFloat(static_cast<float>(magnitude) * 0x1p-24f));
  }
  return floatOfBits(sign | ((magnitude << 13) + (112u << 23)));
}

inline uint16_t halfOfFloat(float f) {
  uint32_t bits = bitsOfFloat(f);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return 0x7fff;
  }
  if (magnitude >= 0x477ff000u) {  // 65520 and more round to infinity
    return sign | 0x7c00;
  }
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits
    return static_cast<uint16_t>(sign | (bitsOfFloat(floatOfBits(magnitude) + 0.5f) - 0x3f000000u));
  }
  return static_cast<uint16_t>(sign | ((magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1)) >> 13));
}

}  // namespace klif_sim

#define threadIdx (klif_sim::current->index)
#define blockIdx (klif_sim::current->blockIndex)
#define blockDim (klif_sim::current->blockSize)
#define gridDim (klif_sim::current->gridSize)
#define warpSize 32

#define __syncthreads() klif_sim::syncBlock(__FILE__, __LINE__)

static inline void __syncwarp(unsigned mask = 0xffffffffu) { klif_sim::syncWarp(mask); }

template <class T>
static inline T __shfl_sync(unsigned mask, T value, int from, int width = 32) {
  int lane = klif_sim::lane();
  return klif_sim::exchangeAs(mask, value, (lane & ~(width - 1)) + (from & (width - 1)));
}

template <class T>
static inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  int lane = klif_sim::lane(), from = lane - static_cast<int>(delta);
  return klif_sim::exchangeAs(mask, value, from < (lane & ~(width - 1)) ? lane : from);
}

template <class T>
static inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  int lane = klif_sim::lane(), from = lane + static_cast<int>(delta);
  return klif_sim::exchangeAs(mask, value, from > (lane | (width - 1)) ? lane : from);
}

template <class T>
static inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
  int lane = klif_sim::lane(), from = lane ^ bits;
  return klif_sim::exchangeAs(mask, value, from > (lane | (width - 1)) ? lane : from);
}

static inline unsigned __ballot_sync(unsigned mask, int predicate) { return klif_sim::ballot(mask, predicate != 0); }
static inline int __any_sync(unsigned mask, int predicate) { return klif_sim::ballot(mask, predicate != 0) != 0; }
static inline int __all_sync(unsigned mask, int predicate) { return klif_sim::ballot(mask, predicate != 0) == mask; }

static inline float __uint_as_float(unsigned bits) { return klif_sim::floatOfBits(bits); }
static inline unsigned __float_as_uint(float f) { return klif_sim::bitsOfFloat(f); }
static inline float __int_as_float(int bits) { return klif_sim::floatOfBits(static_cast<uint32_t>(bits)); }
static inline int __float_as_int(float f) { return static_cast<int>(klif_sim::bitsOfFloat(f)); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
template <class T>
static inline T __ldg(const T* from) {
  return *from;
}

// The GPU's max and min: a NaN loses against a number, and -0 is below +0.
namespace klif_sim {
inline float maximum(float a, float b) {
  if (a == b) {
    return floatOfBits(bitsOfFloat(a) & bitsOfFloat(b));
  }
  return a > b || b != b ? a : b;
}
inline float minimum(float a, float b) {
  if (a == b) {
    return floatOfBits(bitsOfFloat(a) | bitsOfFloat(b));
  }
  return a < b || b != b ? a : b;
}
}  // namespace klif_sim
#define fmaxf klif_sim::maximum
#define fminf klif_sim::minimum

#define KLIF_SIM_MIN_MAX(type)                                            \
  static inline type min(type a, type b) { return b < a ? b : a; }        \
  static inline type max(type a, type b) { return a < b ? b : a; }
KLIF_SIM_MIN_MAX(int)
KLIF_SIM_MIN_MAX(unsigned)
KLIF_SIM_MIN_MAX(long long)
KLIF_SIM_MIN_MAX(unsigned long long)
#undef KLIF_SIM_MIN_MAX
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
