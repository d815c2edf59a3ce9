// KLIF_SIM_PTX: launches that run the PTX instead of the kernels' sources (run, race), or both (compare).
#pragma once

#include <string>

#include "ptx_build.h"

namespace klif_sim {

enum class PtxMode { OFF, RUN, COMPARE, RACE, UNKNOWN };

// As the variable said at the first call.
PtxMode ptxMode();

// One launch. `sources` is the kernel's build from its sources, `ptx` the same kernel's from its PTX. "" or the sentence of the first fault.
std::string runLaunch(const HostKernel& sources, const LoadedPtx& module, const HostKernel& ptx, dim3 grid, dim3 block,
                      size_t sharedBytes, void* const* parameters, unsigned seed);

}  // namespace klif_sim
