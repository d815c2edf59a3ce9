// The table of kernels built for the host, and how one of them is run. The entries are written by `build`, one file per source.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "device.h"

namespace klif_sim {

struct Parameter {
  size_t bytes;
  bool pointer;
};

// One entry of one module, as g++ compiled it.
struct HostKernel {
  const char* module;
  const char* name;
  std::vector<Parameter> parameters;
  void (*runThread)(void* const* parameters);
  // Runs all threads of the block that `thread` names, one after the other.
  void (*runBlock)(Thread& thread, void* const* parameters);
  bool barrier;  // its threads need fibers
};

// All kernels of the host build.
std::vector<HostKernel>& hostKernels();

}  // namespace klif_sim

// Of the shared object that includes this: each has a section of its own.
extern "C" {
extern const char __start_klif_barrier[] __attribute__((weak, visibility("hidden")));
extern const char __stop_klif_barrier[] __attribute__((weak, visibility("hidden")));
}

namespace klif_sim {

inline bool inBarrierSection(const void* function) {
  const char* address = static_cast<const char*>(function);
  return __start_klif_barrier != nullptr && address >= __start_klif_barrier && address < __stop_klif_barrier;
}

// The kernels of a shared object of its own are handed over by its only function, of this name.
typedef void AddKernels(std::vector<HostKernel>& to);
#define KLIF_SIM_KERNELS_OF_OBJECT klif_sim_kernels

// The function pointer's type gives the parameters' types.
template <auto FUNCTION>
struct Entry;

template <class... A, void (*FUNCTION)(A...)>
struct Entry<FUNCTION> {
  template <size_t... I>
  static void call(void* const* p, std::index_sequence<I...>) {
    FUNCTION(*static_cast<A*>(p[I])...);
  }

  static void runThread(void* const* p) { call(p, std::index_sequence_for<A...>()); }

  static void runBlock(Thread& thread, void* const* p) {
    const dim3 size = thread.blockSize;
    thread.linear = 0;
    for (unsigned z = 0; z < size.z; z++) {
      for (unsigned y = 0; y < size.y; y++) {
        for (unsigned x = 0; x < size.x; x++, thread.linear++) {
          thread.index = {x, y, z};
          call(p, std::index_sequence_for<A...>());
        }
      }
    }
  }

  static HostKernel describe(const char* module, const char* name) {
    static_assert((std::is_trivially_copyable<A>::value && ...), "kernel parameters are copied as bytes");
    return {module, name, {Parameter{sizeof(A), std::is_pointer<A>::value}...}, runThread, runBlock,
            inBarrierSection(reinterpret_cast<const void*>(FUNCTION))};
  }
};

// One run of a kernel over a grid, by so many system threads at most. Returns "" or the sentence that describes the first fault.
std::string runGrid(const HostKernel& kernel, dim3 grid, dim3 block, size_t sharedBytes, void* const* parameters, unsigned seed,
                    int workers = 64);

// For work other than kernels (sim.h: parallelParts); exceptions of a part are thrown again here.
void runParts(int parts, const void* body, void (*part)(const void* body, int number));

// Ends the running work with a sentence; caught where operations run.
struct WorkFault {
  std::string sentence;
};

// Runs body(argument) so that a wild access or a division by zero in it becomes a sentence instead of the end of the process.
std::string guarded(void (*body)(void*), void* argument);

}  // namespace klif_sim
