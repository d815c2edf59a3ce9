// Exported functions: initialisation, devices, contexts, errors.
#include "driver.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "blocks.h"
#include "counting.h"
#include "ptx_launch.h"

struct CUctx_st {
  int references = 0;
};

namespace klif_sim {
namespace {

bool isInitialised = false;
CUctx_st primary;

// The contexts pushed by this thread; the last one is current.
std::vector<CUcontext>& stack() {
  static thread_local std::vector<CUcontext> it;
  return it;
}

int environment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atoi(value) : otherwise;
}

int devices() { return environment("KLIF_SIM_DEVICES", 1); }

// Everything in the context ends.
void clearContext() {
  runAll();
  dropStreams();
  dropModules();
  freeAllDevice();
  repairContext();
}

// Attributes by their numbers in CUdevice_attribute; those of an A100 where they matter for a launch.
int attribute(int number) {
  switch (number) {
    case 1:   // threads a block
    case 2:   // block x
    case 3:   // block y
      return 1024;
    case 4:   // block z
      return 64;
    case 5:   // grid x
      return 2147483647;
    case 6:   // grid y
    case 7:   // grid z
      return 65535;
    case 8:   // shared memory a block
      return 48 * 1024;
    case 10:  // warp
      return 32;
    case 12:  // registers a block
    case 82:  // registers a multiprocessor
      return 65536;
    case 13:  // clock, kHz
    case 36:  // memory clock, kHz
      return 1000000;
    case 15:  // copies beside kernels
    case 19:  // maps host memory
    case 31:  // kernels side by side
    case 40:  // copy engines
    case 41:  // one address space
      return 1;
    case 16:
      return multiprocessors();
    case 37:  // memory bus, bits
      return 256;
    case 38:  // second-level cache
      return 4 << 20;
    case 39:
      return THREADS_PER_MULTIPROCESSOR;
    case 75:  // compute capability
      return environment("KLIF_SIM_CAPABILITY", 80) / 10;
    case 76:
      return environment("KLIF_SIM_CAPABILITY", 80) % 10;
    case 81:  // shared memory a multiprocessor
      return SHARED_OF_MULTIPROCESSOR;
    case 97:  // shared memory a block at most
      return SHARED_OPT_IN;
    case 106:  // blocks a multiprocessor
      return BLOCKS_OF_MULTIPROCESSOR;
    case 111:  // shared memory of a block that is the system's
      return SHARED_OF_SYSTEM;
    default:
      return 0;
  }
}

}  // namespace

std::recursive_mutex& driverLock() {
  static std::recursive_mutex* it = new std::recursive_mutex();
  return *it;
}

bool initialised() { return isInitialised; }

bool contextLives() { return primary.references > 0; }

CUcontext currentContext() {
  CUcontext top = stack().empty() ? nullptr : stack().back();
  return top != nullptr && top->references > 0 ? top : nullptr;
}

int multiprocessors() { return counting() ? countedMultiprocessors() : std::max(1, environment("KLIF_SIM_MULTIPROCESSORS", 4)); }

int driverVersion() { return environment("KLIF_SIM_DRIVER_VERSION", 13000); }

Call::Call(const char* name, Needs needs, int planted) : name(name), lock(driverLock()) {
  status = plantedFault(name, planted);
  if (status == ILLEGAL_ADDRESS || status == LAUNCH_FAILED) {
    breakContext(status, std::string(name) + ": a planted kernel fault");
  }
  if (status == 0 && needs != Needs::NOTHING && !isInitialised) {
    status = NOT_INITIALIZED;
  }
  if (status == 0 && (needs == Needs::CONTEXT || needs == Needs::CONTEXT_EVEN_BROKEN) && currentContext() == nullptr) {
    status = INVALID_CONTEXT;
  }
  if (status == 0 && needs == Needs::CONTEXT) {
    status = brokenStatus();
  }
}

int contextStatus() { return brokenStatus(); }

bool isDeviceAddress(const void* address) { return inDeviceRange(address); }

size_t liveBytesFrom(const void* address) {
  std::unique_lock<std::recursive_mutex> lock(driverLock(), std::defer_lock);
  if (escape == nullptr) {  // not inside of work, whose runner holds the lock
    lock.lock();
  }
  long long bytes = inDeviceRange(address) ? bytesToEnd(address) : 0;
  return bytes < 0 ? 0 : static_cast<size_t>(bytes);
}

int enqueue(CUstream handle, const char* call, std::vector<DeviceRange> ranges, std::function<void()> work) {
  std::lock_guard<std::recursive_mutex> guard(driverLock());
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) {
    say("%s: there is no such stream", call);
    return INVALID_HANDLE;
  }
  Operation operation;
  operation.name = call;
  operation.ranges = std::move(ranges);
  operation.work = std::move(work);
  return put(stream, std::move(operation));
}

}  // namespace klif_sim

using namespace klif_sim;

long klif_sim_live_allocations() {
  std::lock_guard<std::recursive_mutex> guard(driverLock());
  return liveAllocations();
}

EXPORT cuInit(unsigned flags) {
  Call call("cuInit", Needs::NOTHING);
  if (call.status != 0) {
    return call.status;
  }
  if (flags != 0) {
    return INVALID_VALUE;
  }
  if (ptxMode() == PtxMode::UNKNOWN) {
    say("cuInit: KLIF_SIM_PTX is run, compare or race, not \"%s\"", std::getenv("KLIF_SIM_PTX"));
    return INVALID_VALUE;
  }
  if (devices() < 1) {
    return NO_DEVICE;
  }
  if (!reserveMemory()) {
    say("cuInit: the address range of the device is taken by something else in this process");
    return OUT_OF_MEMORY;
  }
  installSignalHandler();
  isInitialised = true;
  return SUCCESS;
}

EXPORT cuDriverGetVersion(int* version) {
  Call call("cuDriverGetVersion", Needs::NOTHING);
  if (call.status == 0) {
    *version = driverVersion();
  }
  return call.status;
}

EXPORT cuGetErrorName(CUresult status, const char** name) {
  *name = statusName(status);
  return *name == nullptr ? INVALID_VALUE : SUCCESS;
}

EXPORT cuGetErrorString(CUresult status, const char** text) {
  *text = statusText(status);
  return *text == nullptr ? INVALID_VALUE : SUCCESS;
}

EXPORT cuDeviceGetCount(int* count) {
  Call call("cuDeviceGetCount", Needs::INITIALISED);
  if (call.status == 0) {
    *count = devices();
  }
  return call.status;
}

EXPORT cuDeviceGet(CUdevice* device, int ordinal) {
  Call call("cuDeviceGet", Needs::INITIALISED);
  if (call.status == 0 && (ordinal < 0 || ordinal >= devices())) {
    return INVALID_DEVICE;
  }
  *device = ordinal;
  return call.status;
}

EXPORT cuDeviceGetName(char* name, int size, CUdevice) {
  Call call("cuDeviceGetName", Needs::INITIALISED);
  if (call.status == 0 && size > 0) {
    std::strncpy(name, "Klif stand-in driver (CPU)", static_cast<size_t>(size) - 1);
    name[size - 1] = 0;
  }
  return call.status;
}

EXPORT cuDeviceGetUuid(unsigned char* uuid, CUdevice device) {
  Call call("cuDeviceGetUuid", Needs::INITIALISED);
  if (call.status == 0) {
    std::memset(uuid, 0, 16);
    uuid[15] = static_cast<unsigned char>(device);
  }
  return call.status;
}

EXPORT cuDeviceGetPCIBusId(char* id, int size, CUdevice device) {
  Call call("cuDeviceGetPCIBusId", Needs::INITIALISED);
  if (call.status == 0) {
    std::snprintf(id, static_cast<size_t>(size), "0000:%02x:00.0", static_cast<unsigned>(device));
  }
  return call.status;
}

EXPORT cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  Call call("cuDeviceTotalMem", Needs::INITIALISED);
  if (call.status == 0) {
    *bytes = deviceMemoryTotal();
  }
  return call.status;
}

EXPORT cuDeviceGetAttribute(int* value, int number, CUdevice) {
  Call call("cuDeviceGetAttribute", Needs::INITIALISED);
  if (call.status == 0 && (number < 1 || number > 200)) {
    return INVALID_VALUE;
  }
  if (call.status == 0) {
    *value = attribute(number);
  }
  return call.status;
}

EXPORT cuDeviceComputeCapability(int* major, int* minor, CUdevice) {
  Call call("cuDeviceComputeCapability", Needs::INITIALISED);
  if (call.status == 0) {
    *major = attribute(75);
    *minor = attribute(76);
  }
  return call.status;
}

EXPORT cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  Call call("cuDevicePrimaryCtxRetain", Needs::INITIALISED);
  if (call.status == 0 && (device < 0 || device >= devices())) {
    return INVALID_DEVICE;
  }
  if (call.status == 0) {
    primary.references++;
    *context = &primary;
  }
  return call.status;
}

EXPORT cuDevicePrimaryCtxRelease_v2(CUdevice) {
  Call call("cuDevicePrimaryCtxRelease", Needs::INITIALISED);
  if (call.status == 0 && primary.references == 0) {
    return INVALID_CONTEXT;
  }
  if (primary.references > 0 && --primary.references == 0) {
    clearContext();
  }
  return call.status;
}

EXPORT cuDevicePrimaryCtxReset_v2(CUdevice) {
  Call call("cuDevicePrimaryCtxReset", Needs::INITIALISED);
  if (call.status == 0) {
    clearContext();
  }
  return call.status;
}

EXPORT cuDevicePrimaryCtxGetState(CUdevice, unsigned* flags, int* active) {
  Call call("cuDevicePrimaryCtxGetState", Needs::INITIALISED);
  if (call.status == 0) {
    *flags = 0;
    *active = primary.references > 0 ? 1 : 0;
  }
  return call.status;
}

EXPORT cuDevicePrimaryCtxSetFlags_v2(CUdevice, unsigned) { return Call("cuDevicePrimaryCtxSetFlags", Needs::INITIALISED).status; }

EXPORT cuCtxSetCurrent(CUcontext context) {
  Call call("cuCtxSetCurrent", Needs::INITIALISED);
  if (call.status == 0 && context != nullptr && context != &primary) {
    return INVALID_CONTEXT;
  }
  if (call.status == 0) {
    if (!stack().empty()) {
      stack().pop_back();
    }
    if (context != nullptr) {
      stack().push_back(context);
    }
  }
  return call.status;
}

EXPORT cuCtxGetCurrent(CUcontext* context) {
  Call call("cuCtxGetCurrent", Needs::INITIALISED);
  if (call.status == 0) {
    *context = currentContext();
  }
  return call.status;
}

EXPORT cuCtxPushCurrent_v2(CUcontext context) {
  Call call("cuCtxPushCurrent", Needs::INITIALISED);
  if (call.status == 0 && context != &primary) {
    return INVALID_CONTEXT;
  }
  if (call.status == 0) {
    stack().push_back(context);
  }
  return call.status;
}

EXPORT cuCtxPopCurrent_v2(CUcontext* context) {
  Call call("cuCtxPopCurrent", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0) {
    if (context != nullptr) {
      *context = stack().back();
    }
    stack().pop_back();
  }
  return call.status;
}

EXPORT cuCtxGetDevice(CUdevice* device) {
  Call call("cuCtxGetDevice", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0) {
    *device = 0;
  }
  return call.status;
}

EXPORT cuCtxGetApiVersion(CUcontext, unsigned* version) {
  Call call("cuCtxGetApiVersion", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0) {
    *version = 3020;
  }
  return call.status;
}

EXPORT cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  Call call("cuCtxGetStreamPriorityRange", Needs::CONTEXT);
  if (call.status == 0) {
    *least = 0;
    *greatest = -5;
  }
  return call.status;
}

EXPORT cuCtxSynchronize() {
  Call call("cuCtxSynchronize", Needs::CONTEXT);
  if (call.status == 0) {
    call.status = refuseWhileCapturing();
  }
  if (call.status == 0) {
    runAll();
    std::string damage = checkGuards();
    if (!damage.empty()) {
      breakContext(ILLEGAL_ADDRESS, damage);
    }
    call.status = brokenStatus();
  }
  return call.status;
}
