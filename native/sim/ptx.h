// The little of PTX that the stand-in reads: its version, and each entry's parameters.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace klif_sim {

struct PtxEntry {
  std::string name;
  std::vector<size_t> parameterBytes;
  int maxThreads = 1024;  // .maxntid
  int fewestBlocks = 1;   // .minnctapersm
  // What its body declares, and what it names of the module's; a multiple of 16 where dynamic shared memory begins behind it.
  size_t staticShared = 0;

  size_t allParameterBytes() const;
};

struct PtxModule {
  int version = 0;  // 78 for 7.8
  std::vector<PtxEntry> entries;
  std::string object;  // of the line "// klif-sim-object: PATH", if there is one: the shared object with the kernels' host build
};

// Throws std::runtime_error with a sentence if the text is not PTX.
PtxModule parsePtx(const char* text);

// The PTX version that a driver takes at most: 78 for 11080 (CUDA 11.8).
int ptxVersionOfDriver(int driverVersion);

}  // namespace klif_sim
