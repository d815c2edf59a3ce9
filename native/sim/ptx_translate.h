// One PTX module as C++ that runs in the stand-in (ptx_run.h says what its instructions do).
#pragma once

#include <string>

namespace klif_sim {

// Throws PtxError for an instruction, or a form of one, that is not known.
std::string translatePtx(const std::string& text);

}  // namespace klif_sim
