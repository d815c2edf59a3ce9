// What the stand-in driver offers to the stand-ins of cuBLAS and cuDNN: planted faults, work on streams, device memory.
// Implemented in libcuda.so.1; the other libraries are linked against it. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#if defined(__GNUC__)
#define KLIF_SIM_API __attribute__((visibility("default")))
#endif

struct CUstream_st;
typedef struct CUstream_st* CUstream;

namespace klif_sim {

// Memory that some work reads or writes; `name` is the argument's name in messages. A null address is an error unless `nullable` or bytes == 0.
struct DeviceRange {
  const char* name;
  const void* address;
  size_t bytes;
  bool nullable = false;
};

// To be called first in every exported function: counts the call and returns 0, or the status that was planted for it
// (KLIF_SIM_FAIL or klif_sim_fail); `status` is the one meant when the plan names none.
KLIF_SIM_API int plantedFault(const char* call, int status);

// Queues `work` on a stream of the driver (null: the default stream), or records it if the stream is being captured, in which
// case it runs once for every launch of the graph. `work` runs later, maybe on another thread, so it holds copies of
// everything that is host memory (alpha, beta, descriptors); only device addresses stay addresses. The ranges are checked now and
// again whenever it runs (a graph launched after a buffer was freed is found). Inside `work`, device memory is read and written through its
// addresses as ordinary memory; failWork() ends it with a kernel fault.
// Returns 0 or a status of CUDA's driver API (1 invalid value, 700 illegal address, ...), with a sentence on standard error.
KLIF_SIM_API int enqueue(CUstream stream, const char* call, std::vector<DeviceRange> ranges, std::function<void()> work);

// Ends the running work: the context is broken from now on, as after a kernel fault.
[[noreturn]] KLIF_SIM_API void failWork(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Runs body(0) .. body(parts - 1), maybe two at a time (KLIF_SIM_THREADS); to be called from work. Parts must write to disjoint memory.
KLIF_SIM_API void parallelParts(int parts, const std::function<void(int)>& body);

// Whether an address lies in the device's address range (live or not): for arguments that must be host pointers.
KLIF_SIM_API bool isDeviceAddress(const void* address);

// Bytes from an address to the end of its live allocation; 0 where there is none.
KLIF_SIM_API size_t liveBytesFrom(const void* address);

// 0 or the status that the broken context answers every call with.
KLIF_SIM_API int contextStatus();

// One line on standard error, with the stand-in's prefix.
KLIF_SIM_API void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace klif_sim

extern "C" {
// The plan of faults, as KLIF_SIM_FAIL has it: call:n[=status],... makes the n-th call of a function fail (names without _v2; n = 1 is the first;
// "kernel/<entry>:n" is a fault while that kernel runs). Null or "": none. Counting starts anew.
KLIF_SIM_API void klif_sim_fail(const char* plan);
// How often a function was called since the last klif_sim_fail.
KLIF_SIM_API long klif_sim_calls(const char* call);
// Live device allocations.
KLIF_SIM_API long klif_sim_live_allocations();
// The names called since the last klif_sim_fail, with counts: "cuMemAlloc 3\n...", cut at `size` bytes. Returns the length needed.
KLIF_SIM_API long klif_sim_call_list(char* to, long size);
// What KLIF_SIM_PTX=compare has compared since the last call, in one line. Returns 0 where it does not compare; 1; or 2 where something
// differs by more than it may.
KLIF_SIM_API int klif_sim_ptx_report(char* to, long size);
// From now on launches are counted for a device of so many multiprocessors and nothing is run; 0: work is run again. Memory is as large as
// an H100's, and what is not computed is read as zeros. Returns 0, and changes nothing, while a context of the other way lives.
KLIF_SIM_API int klif_sim_count(int multiprocessors);
// What streams have come to since the last call, launches of kernels, calls of libraries, copies and fills, whether run or only counted:
// "3 kernel add_f32\n...". Returns the length needed; a list that does not fit stays.
KLIF_SIM_API long klif_sim_operations(char* to, long size);
}
