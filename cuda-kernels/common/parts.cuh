// Which entries of a source are in a module. A driver compiles all entries of a module that it loads, and a run has one type of
// activations. So the entries of each type are a module of their own, built from the same source: the Makefile passes
// -DKLIF_PART=KLIF_PART_f32 for NAME_f32.ptx, and so on. Without it, as in the stand-in driver, a source has all its entries.
#pragma once

#define KLIF_PART_f32 1
#define KLIF_PART_bf16 2
#define KLIF_PART_f16 4
#define KLIF_PART_smooth 8   // a neuron's for gradient checks, in float32
#define KLIF_PART_untyped 16 // those that do not depend on the type: NAME.ptx

#ifndef KLIF_PART
#define KLIF_PART 31
#endif

#if KLIF_PART & KLIF_PART_f32
#define KLIF_IN_F32(...) __VA_ARGS__
#else
#define KLIF_IN_F32(...)
#endif

#if KLIF_PART & KLIF_PART_bf16
#define KLIF_IN_BF16(...) __VA_ARGS__
#else
#define KLIF_IN_BF16(...)
#endif

#if KLIF_PART & KLIF_PART_f16
#define KLIF_IN_F16(...) __VA_ARGS__
#else
#define KLIF_IN_F16(...)
#endif

#if KLIF_PART & KLIF_PART_smooth
#define KLIF_IN_SMOOTH(...) __VA_ARGS__
#else
#define KLIF_IN_SMOOTH(...)
#endif

// ENTRIES(suffix, type) for each type of activations in the module
#define KLIF_FOR_TYPES(ENTRIES)      \
  KLIF_IN_F32(ENTRIES(f32, float))   \
  KLIF_IN_BF16(ENTRIES(bf16, bf16))  \
  KLIF_IN_F16(ENTRIES(f16, f16))
