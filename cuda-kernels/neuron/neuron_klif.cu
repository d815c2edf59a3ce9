#include "neuron/neuron_entries.cuh"

NEURON_ENTRIES(klif, Klif<false>, Klif<true>)
