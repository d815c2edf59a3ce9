// A block of threads while it runs: its shared memory, its fibers, its faults.
#pragma once

#include <atomic>
#include <csetjmp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels.h"

namespace klif_sim {

struct Launch {
  const HostKernel& kernel;
  dim3 grid, block;
  size_t sharedBytes;
  void* const* parameters;
  unsigned seed;
  std::atomic<bool> faulted{false};
  std::mutex lock;
  std::string fault;  // the first one

  void report(const Thread* thread, const std::string& sentence);
};

struct SharedArrayOfBlock {
  SharedRecord record;
  std::vector<unsigned char> data;
  std::vector<Access> accesses;
};

struct Block {
  Launch* launch;
  bool fibers;
  std::vector<std::unique_ptr<SharedArrayOfBlock>> shared;
};

// Where the thread's faults jump to when it cannot throw: set around loops over threads and around work on the host.
struct Escape {
  std::jmp_buf target;
  std::string sentence;
};

// What this system thread is doing, for the signal handler.
extern __thread Escape* escape __attribute__((visibility("hidden")));

void installSignalHandler();

// Thrown by fault(); the sentence is in the launch already.
struct KernelFault {};

// Runs a block with a fiber for each thread. Faults are in the launch afterwards.
void runBlockWithFibers(Block& block, const Thread& first);

// Whether this system thread runs a fiber; if so, and a signal came, the fiber is given up with this sentence (does not return).
bool inFiber();
[[noreturn]] void abandonFiber(const char* sentence);

}  // namespace klif_sim
