#include "neuron/neuron_entries.cuh"

NEURON_ENTRIES(lif, Lif, Lif)
