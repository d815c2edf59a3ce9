#include "neuron/neuron_entries.cuh"

NEURON_ENTRIES(if, If, If)
