// What every kernel of Klif is written with. The same source is compiled by nvcc for the GPU and by g++ for the stand-in driver
// (native/sim), which runs it on the CPU; no header of CUDA is needed on that side.
//
//   KLIF_KERNEL void name(...)           an entry whose threads never wait for one another (host: a plain loop over threads)
//   KLIF_KERNEL_BARRIER void name(...)   an entry with __syncthreads() or warp operations (host: a fiber for each thread)
//       Parameters: pointers to device memory, int, unsigned, long long, float, double, or a trivially copyable struct by value.
//   KLIF_DEVICE                          a function called by kernels, also a member of a struct; always inlined. Each .cu is a namespace
//                                        of its own on the host, so names of functions and structs need not differ between files
//   KLIF_RESTRICT                        behind a pointer: what it points to is reached by no other; host: nothing
//   KLIF_UNROLL                          before a loop whose number of turns is known: unroll it
//   KLIF_ROLLED                          before a loop that shall not be unrolled
//   KLIF_SHARED(type, name, count)       a shared array, declared in the kernel or in a device function
//   KLIF_DYNAMIC_SHARED(type, name)      the launch's dynamic shared memory (at most one such line a kernel)
//   SharedPointer<type>                  the type of such an array when it is passed to a device function
//       On the host they are proxies that find accesses outside the array, reads before any write, and races (one thread writes, another
//       reads or writes the same element, no barrier between). So: use them as a[i], whole elements only (no a[i].x, no &a[i]; a + n is
//       allowed), and write `float x = a[i]`, never `auto x = a[i]`.
//   threadIdx, blockIdx, blockDim, gridDim, __syncthreads(), __syncwarp(), __shfl_sync, __shfl_up_sync, __shfl_down_sync,
//   __shfl_xor_sync, __ballot_sync, __any_sync, __all_sync: as in CUDA, with stricter rules on the host: every thread of the block must
//       come to the same __syncthreads() (no early return before it), every lane in a mask must exist and come to that operation.
//       A shuffle is no memory barrier; __syncwarp() is one for its warp.
//   fmaf, fmaxf, fminf, fabsf, sqrtf, expf, min, max, __umulhi, __popc, __float_as_uint, __uint_as_float, ...: as in CUDA.
//   bf16, f16                            16-bit storage types; float toFloat(x), fromFloat<T>(f) round to nearest even; T may be float
//   Pack<T, N>                           N values moved as one load or store: loadPack<T, N>(p), storePack(p, pack). The address must be a
//                                        multiple of sizeof(T) * N, which is 2, 4, 8 or 16; on the host a misaligned one is a fault, as on the GPU
//
// nvcc runs with -fmad=false, g++ with -ffp-contract=off: write fmaf exactly where docs/MATH.md has it.
#pragma once

#ifdef __CUDACC__

#define KLIF_KERNEL extern "C" __global__
#define KLIF_KERNEL_BARRIER extern "C" __global__
#define KLIF_DEVICE __device__ __forceinline__
#define KLIF_RESTRICT __restrict__
#define KLIF_UNROLL _Pragma("unroll")
#define KLIF_ROLLED _Pragma("unroll 1")
#define KLIF_SHARED(type, name, count) __shared__ type name[count]
#define KLIF_DYNAMIC_SHARED(type, name)                  \
  extern __shared__ __align__(16) unsigned char klif_dynamic_shared[]; \
  type* name = reinterpret_cast<type*>(klif_dynamic_shared)

template <class T>
using SharedPointer = T*;

#else

#include "device.h"

#define KLIF_ROLLED

template <class T>
using SharedPointer = klif_sim::Shared<T>;

#endif

struct bf16 {
  unsigned short bits;
};

struct f16 {
  unsigned short bits;
};

KLIF_DEVICE float toFloat(float x) { return x; }

KLIF_DEVICE float toFloat(bf16 x) { return __uint_as_float(static_cast<unsigned>(x.bits) << 16); }

KLIF_DEVICE float toFloat(f16 x) {
#ifdef __CUDACC__
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(x.bits));
  return f;
#else
  return klif_sim::floatOfHalf(x.bits);
#endif
}

// The conversion behind fromFloat: one overload for each storage type.
KLIF_DEVICE void convert(float f, float& to) { to = f; }

KLIF_DEVICE void convert(float f, bf16& to) {
#ifdef __CUDACC__
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(to.bits) : "f"(f));
#else
  to.bits = klif_sim::bfloatOfFloat(f);
#endif
}

KLIF_DEVICE void convert(float f, f16& to) {
#ifdef __CUDACC__
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(f));
#else
  to.bits = klif_sim::halfOfFloat(f);
#endif
}

template <class T>
KLIF_DEVICE T fromFloat(float f) {
  T to;
  convert(f, to);
  return to;
}

// The larger one, or a NaN where one is, unlike with fmaxf; +0 of both zeros.
KLIF_DEVICE float largerOrNaN(float a, float b) {
#ifdef __CUDACC__
  float larger;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(larger) : "f"(a), "f"(b));
  return larger;
#else
  return a != a || b != b ? a + b : fmaxf(a, b);
#endif
}

// 1 / x for x of at least 1, within 2^-23 of it; 0 where x is above 2^126. A division takes ten instructions more.
KLIF_DEVICE float approximateReciprocal(float x) {
#ifdef __CUDACC__
  float reciprocal;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(reciprocal) : "f"(x));
  return reciprocal;
#else
  return x > 8.507059e37f ? 0.0f : 1.0f / x;
#endif
}

template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T v[N];
};

// The machine word that moves a pack of so many bytes.
template <int BYTES>
struct PackWord;
template <>
struct PackWord<2> {
  typedef unsigned short type;
};
template <>
struct PackWord<4> {
  typedef unsigned type;
};
template <>
struct PackWord<8> {
  typedef uint2 type;
};
template <>
struct PackWord<16> {
  typedef uint4 type;
};

template <class T, int N>
KLIF_DEVICE Pack<T, N> loadPack(const T* from) {
  typedef typename PackWord<sizeof(T) * N>::type Word;
  Pack<T, N> pack;
#ifdef __CUDACC__
  union {
    Word word;
    Pack<T, N> pack;
  } both = {*reinterpret_cast<const Word*>(from)};
  pack = both.pack;
#else
  klif_sim::checkAligned(from, sizeof(Word));
  __builtin_memcpy(&pack, from, sizeof(Word));
#endif
  return pack;
}

template <class T, int N>
KLIF_DEVICE void storePack(T* to, const Pack<T, N>& pack) {
  typedef typename PackWord<sizeof(T) * N>::type Word;
#ifdef __CUDACC__
  union Both {
    Pack<T, N> pack;
    Word word;
  } both = {pack};
  *reinterpret_cast<Word*>(to) = both.word;
#else
  klif_sim::checkAligned(to, sizeof(Word));
  __builtin_memcpy(to, &pack, sizeof(Word));
#endif
}
