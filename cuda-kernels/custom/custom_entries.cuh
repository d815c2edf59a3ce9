// The entries of a user's neuron, whose text Klif writes between this line and theirs (device.compile.CudaText): the struct Model, and
// for each layout a CUSTOM_FORWARD and a CUSTOM_BACKWARD, RAISED where it may be given everySpike. Java writes the parameters in this
// order (CudaNeuronUnit.java).
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
  KLIF_KERNEL_BARRIER void entry(BACKWARD_PARAMETERS(T), SequenceShape shape) {                                         \
    backwardSequences<CustomBackward<Model, L, T, RAISED>>(BACKWARD_MEMORY(T), shape);                                  \
  }
