// What a translated PTX module hands to the driver, and what it calls there. Translated code includes it through ptx_run.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace klif_sim {

// One st.global of a module.
struct PtxStore {
  int line;
  char kind;  // f, u, s or b, as its type has it
  int bytes;  // of an element
};

// Instructions that run one after another once the first one does.
struct PtxBlock {
  int line;
  int instructions;
};

struct PtxObject {
  std::vector<HostKernel> kernels;  // without the parameters' types
  const PtxStore* stores = nullptr;
  const PtxBlock* blocks = nullptr;
  const unsigned char* ran = nullptr;  // 1 for each block that ran
  size_t blockCount = 0;
};

// The only function of a translated module's shared object.
typedef void AddPtx(PtxObject& to);
#define KLIF_SIM_PTX_OBJECT klif_sim_ptx_object

// What is looked at besides alignment; zero where the PTX merely runs.
constexpr int WATCH_WRITES = 1, WATCH_RACES = 2;
extern KLIF_SIM_FOR_KERNELS int ptxWatch;
KLIF_SIM_FOR_KERNELS void ptxRead(const unsigned char* from, int bytes, int line);
// `number`: of the store, from 0
KLIF_SIM_FOR_KERNELS void ptxWrite(unsigned char* to, int bytes, int line, int number);

// bar.sync: any barrier of the block ends another's waiting, whatever lines they stand in.
KLIF_SIM_FOR_KERNELS void syncBlockAnywhere(int line);

}  // namespace klif_sim
