// The entries of a neuron model: NEURON_ENTRIES(name, Struct, AnyStruct) gives nameForwardVec_f32 and so on. Vec moves
// 16 bytes a thread, One single elements of any number, Pool 2x2 windows with their spikes pooled, Smooth has the
// surrogate's primitive for the spike (gradient checks). Backward the defaults, which are the surrogate atan and a
// reset that is not scaled, are compiled in; BackwardAny takes all options from the launch, and everySpike.
#pragma once

#include "common/parts.cuh"
#include "neuron/neuron_backward.cuh"
#include "neuron/neuron_forward.cuh"

#define NEURON_FORWARD(entry, N, L, T, SMOOTH)                                                                      \
  KLIF_KERNEL_BARRIER void entry(                                                                                   \
      const T* x, const float* scale, const float* shift, const float* parameter, const float* initial, T* spikes,  \
      float* last, float* kept, float* charged, float* potential, float* partials, NeuronConstants constants,       \
      SequenceShape shape) {                                                                                        \
    forwardSequences<N, L, T, SMOOTH>(                                                                              \
        ForwardMemory<T>{                                                                                           \
            x, scale, shift, parameter, initial, spikes, last, kept, charged, potential, partials},                 \
        constants, shape);                                                                                          \
  }

#define NEURON_BACKWARD(entry, N, L, T, SMOOTH, KIND, warps)                                                        \
  KLIF_KERNEL_BARRIER void __launch_bounds__(L::THREADS, 32 * (warps) / L::THREADS) entry(                          \
      BACKWARD_PARAMETERS(T), NeuronConstants constants, SequenceShape shape) {                                     \
    backwardSequences<NeuronBackward<N, L, T, SMOOTH, KIND>>(BACKWARD_MEMORY(T), shape, constants);                 \
  }

// warps: of a multiprocessor at least. 16 leave 128 registers a thread; f16 would spill one of them on sm_80, and PLIF,
// which keeps x and V as well, many. A multiple of 4, as each quarter of a multiprocessor has registers of its own.
#define NEURON_LAYOUT(name, N, ANY_N, layout, L, T, warps)                    \
  NEURON_FORWARD(name##Forward##layout, ANY_N, L, T, false)                   \
  NEURON_BACKWARD(name##Backward##layout, N, L, T, false, ATAN, warps)        \
  NEURON_BACKWARD(name##BackwardAny##layout, ANY_N, L, T, false, ANY, 8)

// one type of activations
#define NEURON_TYPE(name, N, ANY_N, T, suffix, V, warps)                      \
  typedef Neighbours<T, V> Vec##suffix;                                       \
  typedef Neighbours<T, 1> One##suffix;                                       \
  NEURON_LAYOUT(name, N, ANY_N, Vec##suffix, Vec##suffix, T, warps)           \
  NEURON_LAYOUT(name, N, ANY_N, One##suffix, One##suffix, T, 16)              \
  NEURON_LAYOUT(name, N, ANY_N, Pool##suffix, Window<T>, T, 16)

// gradient checks, in float32
#define NEURON_SMOOTH(name, N, layout, L)                                     \
  NEURON_FORWARD(name##ForwardSmooth##layout, N, L, float, true)              \
  NEURON_BACKWARD(name##BackwardSmooth##layout, N, L, float, true, ANY, 8)

#define NEURON_ENTRIES(name, N, ANY_N)                                                            \
  KLIF_IN_F32(NEURON_TYPE(name, N, ANY_N, float, _f32, 4, 16))                                    \
  KLIF_IN_BF16(NEURON_TYPE(name, N, ANY_N, bf16, _bf16, 8, N::NEEDS_INPUT ? 8 : 16))              \
  KLIF_IN_F16(NEURON_TYPE(name, N, ANY_N, f16, _f16, 8, N::NEEDS_INPUT ? 8 : 12))                 \
  KLIF_IN_SMOOTH(typedef Neighbours<float, 1> OneSmooth;                                          \
                 NEURON_SMOOTH(name, ANY_N, One_f32, OneSmooth)                                   \
                 NEURON_SMOOTH(name, ANY_N, Pool_f32, Window<float>))
