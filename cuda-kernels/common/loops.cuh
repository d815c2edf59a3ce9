#pragma once
#include "common/platform.cuh"

#ifdef __CUDACC__
#define KLIF_PRAGMA(text) _Pragma(#text)
/* Before a loop of unknown length: so many turns at once, for more loads in flight. */
#define KLIF_UNROLL_BY(turns) KLIF_PRAGMA(unroll turns)
#else
#define KLIF_UNROLL_BY(turns)
#endif

/*
 * Loops over whole tensors: 16 bytes a thread where all addresses allow it, single elements for the rest.
 * Every element is written by exactly one thread, so nothing depends on the size of the grid.
 */

/** Elements of T in 16 bytes. */
template <typename T>
constexpr int kPack = 16 / static_cast<int>(sizeof(T));

/** A width known at compile time, as an argument. */
template <int W>
struct Width {
  static constexpr int value = W;
};

/** Is an address a multiple of 16 bytes? */
KLIF_DEVICE bool aligned(const void* address) {
  return (reinterpret_cast<unsigned long long>(address) & 15) == 0;
}

/** This thread's number in the grid. */
KLIF_DEVICE long long threadNumber() {
  return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
}

/** Threads of the grid. */
KLIF_DEVICE long long threadCount() {
  return static_cast<long long>(gridDim.x) * blockDim.x;
}

/**
 * Calls body(Width<W>, i) for packs of W elements from i on when packed, else and for the rest with Width<1>.
 */
template <int W, typename Body>
KLIF_DEVICE void forEach(long long n, bool packed, Body body) {
  long long packs = packed ? n / W : 0;
  for (long long p = threadNumber(); p < packs; p += threadCount()) {
    body(Width<W>(), p * W);
  }
  for (long long i = packs * W + threadNumber(); i < n; i += threadCount()) {
    body(Width<1>(), i);
  }
}

/** W floats from W elements of T. */
template <int W, typename T>
KLIF_DEVICE Pack<float, W> loadFloats(const T* from) {
  Pack<T, W> raw = loadPack<T, W>(from);
  Pack<float, W> wide;
  KLIF_UNROLL
  for (int i = 0; i < W; i++) {
    wide.v[i] = toFloat(raw.v[i]);
  }
  return wide;
}

/** Rounds W floats to T and stores them. */
template <int W, typename T>
KLIF_DEVICE void storeFloats(T* to, const Pack<float, W>& values) {
  Pack<T, W> raw;
  KLIF_UNROLL
  for (int i = 0; i < W; i++) {
    raw.v[i] = fromFloat<T>(values.v[i]);
  }
  storePack<T, W>(to, raw);
}
