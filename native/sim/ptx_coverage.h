// Which instructions of the loaded PTX ran: KLIF_SIM_PTX_COVERAGE.
#pragma once

#include "ptx_build.h"

namespace klif_sim {

// From now on the module is in what is appended to the file when the process ends.
void coverPtx(const LoadedPtx& module);

}  // namespace klif_sim
