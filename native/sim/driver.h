// What the exported functions of the driver share. The types are those of NVIDIA's cuda.h, written down again as far as they are used.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "kernels.h"
#include "memory.h"
#include "ptx.h"
#include "ptx_build.h"
#include "sim.h"
#include "status.h"
#include "streams.h"

typedef int CUresult;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUevent_st* CUevent;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphExec_st* CUgraphExec;

// An exported function; its name is not mangled.
#define EXPORT extern "C" __attribute__((visibility("default"))) CUresult

namespace klif_sim {

constexpr int SHARED_WITHOUT_ASKING = 48 * 1024;  // a block, static and dynamic
constexpr int SHARED_OPT_IN = 163 * 1024;         // as an A100
constexpr size_t MOST_PARAMETER_BYTES = 4096;
constexpr int REGISTERS = 65536;  // of a multiprocessor, and of a block
constexpr size_t SHARED_OF_MULTIPROCESSOR = 164 * 1024;
constexpr size_t SHARED_OF_SYSTEM = 1024;  // in each block
constexpr int BLOCKS_OF_MULTIPROCESSOR = 32;

// Registers a thread of a kernel of cuda-kernels, the most of the architectures in registers.txt; of any other kernel as many as its
// launch bounds leave, since only ptxas knows better.
int registersOf(const PtxEntry& entry);

// Warps whose registers fit: a warp gets them by 256, a block its warps by 4.
constexpr int warpsWithin(int registers) { return REGISTERS / ((registers + 7) / 8 * 256) / 4 * 4; }

// Registers a thread that a kernel's launch bounds leave, by eights.
int mostRegisters(const PtxEntry& entry);

}  // namespace klif_sim

struct CUfunc_st {
  const klif_sim::HostKernel* kernel;
  CUmodule module;
  int maxThreads;
  int ptxVersion;
  int staticShared;
  int registers;
  int maxDynamicShared = klif_sim::SHARED_WITHOUT_ASKING - staticShared;
  // the same kernel's from its PTX, where KLIF_SIM_PTX is set
  const klif_sim::HostKernel* ptx = nullptr;
};

struct CUmod_st {
  std::vector<CUfunc_st> functions;
  // of a shared object that the PTX names: its kernels, and itself
  std::vector<klif_sim::HostKernel> kernels;
  void* object = nullptr;
  const klif_sim::LoadedPtx* ptx = nullptr;

  CUmod_st() = default;
  CUmod_st(const CUmod_st&) = delete;
  CUmod_st& operator=(const CUmod_st&) = delete;
  ~CUmod_st();
};

namespace klif_sim {

// How much a call needs.
enum class Needs { NOTHING, INITIALISED, CONTEXT, CONTEXT_EVEN_BROKEN };

// At the beginning of every exported function: takes the driver's lock, counts the call, and finds out whether it fails at once.
class Call {
 public:
  Call(const char* name, Needs needs, int planted = UNKNOWN);

  const char* name;
  int status;

 private:
  std::unique_lock<std::recursive_mutex> lock;
};

std::recursive_mutex& driverLock();
bool initialised();
bool contextLives();
// The context this thread works in, or null.
CUcontext currentContext();
void dropModules();

constexpr size_t THREADS_PER_MULTIPROCESSOR = 2048;
int multiprocessors();
int driverVersion();

}  // namespace klif_sim
