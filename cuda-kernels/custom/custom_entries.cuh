// The entries of a user's neuron, whose text Klif writes between this line and theirs (device.compile.CudaText): the struct Model, and
// for each layout a CUSTOM_FORWARD and a CUSTOM_BACKWARD, RAISED where it may be given everySpike. Java writes the parameters in this order (CudaNeuronUnit.java).
#pragma once

#include "custom/custom_backward.cuh"
#include "custom/custom_forward.cuh"

#define CUSTOM_FORWARD(entry, L, T)                                                                                     \
  KLIF_KERNEL_BARRIER void entry(                                                                                       \
      const T* x, const float* scale, const float* shift, const float* learned, const float* initial, T* spikes,        \
      float* last, float* charged, float* potential, float* partials, SequenceShape shape) {                            \
    customForward<Model, L, T>(                                                                                         \
        CustomForwardMemory<T>{x, scale, shift, learned, initial, spikes, last, charged, potential, partials}, shape); \
  }

#define CUSTOM_BACKWARD(entry, L, T, RAISED)                                                                            \
  KLIF_KERNEL_BARRIER void entry(                                                                                       \
      const T* x, const float* scale, const float* shift, const float* mean, const float* invStd, const float* learned, \
      const float* initial, const T* gSpikes, const float* everySpike, const float* gLast, T* gx, float* gInitial,      \
      float* learnedPartials, float* normPartials, float* absPartials, float* checkpoints, SequenceShape shape) {       \
    customBackward<Model, L, T, RAISED>(                                                                                \
        CustomBackwardMemory<T>{                                                                                        \
            x, scale, shift, mean, invStd, learned, initial, gSpikes, everySpike, gLast, gx, gInitial,                  \
            learnedPartials, normPartials, absPartials, checkpoints},                                                   \
        shape);                                                                                                         \
  }
