#include "neuron/neuron_entries.cuh"

NEURON_ENTRIES(plif, Plif, Plif)
