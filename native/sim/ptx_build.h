// Translated PTX modules: compiled by g++ into a shared object each, kept, loaded.
#pragma once

#include <stdexcept>
#include <string>

#include "ptx_object.h"

namespace klif_sim {

// A module that is loaded; it stays so until the process ends.
struct LoadedPtx {
  std::string module;
  std::string key;  // checksum of the translation and of what it is compiled with
  PtxObject object;

  const HostKernel* kernel(const std::string& entry) const;
};

// Throws std::runtime_error with a sentence: what is not known of the PTX, or why it cannot be compiled.
const LoadedPtx& loadPtx(const std::string& module, const std::string& text);

}  // namespace klif_sim
