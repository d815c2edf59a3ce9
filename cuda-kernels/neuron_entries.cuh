// The entries of a neuron model: NEURON_ENTRIES(name, Struct) gives nameForwardVec_f32 and so on. Vec moves 16 bytes a
// thread, One single elements of any number, Pool 2x2 windows with their spikes pooled, Smooth has the surrogate's
// primitive for the spike (gradient checks).
#pragma once

#include "sequence_backward.cuh"
#include "sequence_forward.cuh"

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

#define NEURON_BACKWARD(entry, N, L, T, SMOOTH)                                                                     \
  KLIF_KERNEL_BARRIER void entry(                                                                                   \
      const T* x, const float* scale, const float* shift, const float* mean, const float* invStd,                   \
      const float* parameter, const float* initial, const float* kept, const T* gSpikes, const float* gLast, T* gx, \
      float* gInitial, float* parameterPartials, float* normPartials, float* absPartials, float* checkpoints,       \
      NeuronConstants constants, SequenceShape shape) {                                                             \
    backwardSequences<N, L, T, SMOOTH>(                                                                             \
        BackwardMemory<T>{                                                                                          \
            x, scale, shift, mean, invStd, parameter, initial, kept, gSpikes, gLast, gx, gInitial,                  \
            parameterPartials, normPartials, absPartials, checkpoints},                                             \
        constants, shape);                                                                                          \
  }

// one type of activations
#define NEURON_TYPE(name, N, T, suffix, V)                              \
  typedef Neighbours<T, V> Vec##suffix;                                 \
  typedef Neighbours<T, 1> One##suffix;                                 \
  NEURON_FORWARD(name##ForwardVec##suffix, N, Vec##suffix, T, false)    \
  NEURON_FORWARD(name##ForwardOne##suffix, N, One##suffix, T, false)    \
  NEURON_FORWARD(name##ForwardPool##suffix, N, Window<T>, T, false)     \
  NEURON_BACKWARD(name##BackwardVec##suffix, N, Vec##suffix, T, false)  \
  NEURON_BACKWARD(name##BackwardOne##suffix, N, One##suffix, T, false)  \
  NEURON_BACKWARD(name##BackwardPool##suffix, N, Window<T>, T, false)

#define NEURON_ENTRIES(name, N)                                                    \
  NEURON_TYPE(name, N, float, _f32, 4)                                             \
  NEURON_TYPE(name, N, bf16, _bf16, 8)                                             \
  NEURON_TYPE(name, N, f16, _f16, 8)                                               \
  NEURON_FORWARD(name##ForwardSmoothOne_f32, N, One_f32, float, true)              \
  NEURON_FORWARD(name##ForwardSmoothPool_f32, N, Window<float>, float, true)       \
  NEURON_BACKWARD(name##BackwardSmoothOne_f32, N, One_f32, float, true)            \
  NEURON_BACKWARD(name##BackwardSmoothPool_f32, N, Window<float>, float, true)
