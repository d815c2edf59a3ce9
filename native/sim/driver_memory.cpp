// Exported functions: device memory, host memory, copies, fills.
#include <cstdio>
#include <cstring>

#include "driver.h"

namespace klif_sim {
namespace {

// Ends a synchronous call: waits, looks at the guards.
int finish(CUstream_st* stream) {
  runUntil(stream->last);
  std::string damage = checkGuards();
  if (!damage.empty()) {
    breakContext(ILLEGAL_ADDRESS, damage);
  }
  return brokenStatus();
}

// Whether one side of a copy may be used; says why not.
bool usable(const char* call, const char* side, const void* address, size_t bytes, bool device) {
  if (!device) {
    if (address == nullptr || inDeviceRange(address)) {
      say("%s: the %s %p is %s, but host memory is wanted", call, side, address, address == nullptr ? "null" : "device memory");
      return false;
    }
    return true;
  }
  long long there = inDeviceRange(address) ? bytesToEnd(address) : -1;
  if (there < 0 || static_cast<size_t>(there) < bytes) {
    if (there < 0) {
      say("%s: the %s %p is no live device memory", call, side, address);
    } else {
      say("%s: the %s has %lld bytes, %zu are copied", call, side, there, bytes);
    }
    return false;
  }
  return true;
}

struct Copy {
  void* to;
  const void* from;
  size_t bytes;
  bool toDevice, fromDevice;
};

int copy(Call& call, const Copy& c, bool asynchronous, CUstream handle) {
  if (call.status != 0 || c.bytes == 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(asynchronous ? handle : nullptr);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (!asynchronous) {
    int status = refuseWhileCapturing();
    if (status != 0) {
      return status;
    }
  }
  if (!usable(call.name, "target", c.to, c.bytes, c.toDevice) || !usable(call.name, "source", c.from, c.bytes, c.fromDevice)) {
    return INVALID_VALUE;
  }
  Operation operation;
  operation.name = call.name;
  if (c.toDevice) {
    operation.ranges.push_back({"the target", c.to, c.bytes});
  }
  if (c.fromDevice) {
    operation.ranges.push_back({"the source", c.from, c.bytes});
  }
  bool capturing = stream->capture != nullptr;
  bool wait = !asynchronous;
  if (asynchronous && !capturing && !c.fromDevice && !isPinned(c.from, c.bytes)) {
    // pageable memory is read before the call returns
    auto kept = std::make_shared<std::vector<unsigned char>>(static_cast<const unsigned char*>(c.from),
                                                             static_cast<const unsigned char*>(c.from) + c.bytes);
    operation.work = [c, kept] { std::memcpy(c.to, kept->data(), c.bytes); };
  } else {
    if (!c.toDevice) {
      operation.borrowed.push_back({c.to, c.bytes});
    }
    if (!c.fromDevice) {
      operation.borrowed.push_back({c.from, c.bytes});
    }
    operation.work = [c] { std::memmove(c.to, c.from, c.bytes); };
    wait |= !capturing && !c.toDevice && !isPinned(c.to, c.bytes);
  }
  if (!c.toDevice) {
    operation.counted = [c] { std::memset(c.to, 0, c.bytes); };
  }
  int status = put(stream, std::move(operation));
  return status == 0 && wait ? finish(stream) : status;
}

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

template <class T>
int fill(Call& call, CUdeviceptr to, T value, size_t count, bool asynchronous, CUstream handle) {
  if (call.status != 0 || count == 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(asynchronous ? handle : nullptr);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (!asynchronous) {
    int status = refuseWhileCapturing();
    if (status != 0) {
      return status;
    }
  }
  size_t bytes = count * sizeof(T);
  if (to % sizeof(T) != 0 || !usable(call.name, "target", pointer(to), bytes, true)) {
    return INVALID_VALUE;
  }
  Operation operation;
  operation.name = call.name;
  operation.ranges.push_back({"the target", pointer(to), bytes});
  operation.work = [to, value, count] {
    T* target = static_cast<T*>(pointer(to));
    for (size_t i = 0; i < count; i++) {
      target[i] = value;
    }
  };
  int status = put(stream, std::move(operation));
  return status == 0 && !asynchronous ? finish(stream) : status;
}

}  // namespace
}  // namespace klif_sim

using namespace klif_sim;

EXPORT cuMemGetInfo_v2(size_t* free, size_t* total) {
  Call call("cuMemGetInfo", Needs::CONTEXT);
  if (call.status == 0) {
    *total = deviceMemoryTotal();
    *free = *total - deviceMemoryUsed();
  }
  return call.status;
}

EXPORT cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  Call call("cuMemAlloc", Needs::CONTEXT, OUT_OF_MEMORY);
  if (call.status == 0) {
    call.status = bytes == 0 ? INVALID_VALUE : refuseWhileCapturing();
  }
  if (call.status == 0) {
    *address = allocateDevice(bytes);
    call.status = *address == 0 ? OUT_OF_MEMORY : SUCCESS;
  }
  return call.status;
}

EXPORT cuMemFree_v2(CUdeviceptr address) {
  Call call("cuMemFree", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status != 0 || address == 0) {
    return call.status;
  }
  call.status = refuseWhileCapturing();
  if (call.status != 0) {
    return call.status;
  }
  runAll();  // as the driver does: memory in use is not taken away
  std::string damage = checkGuards();
  if (!damage.empty()) {
    breakContext(ILLEGAL_ADDRESS, damage);
  }
  if (freeDevice(address) == FreeResult::NOT_AN_ALLOCATION) {
    say("cuMemFree: %#llx is not the start of a live allocation (freed twice?)", address);
    return INVALID_VALUE;
  }
  return brokenStatus();
}

EXPORT cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  Call call("cuMemGetAddressRange", Needs::CONTEXT);
  if (call.status == 0) {
    uint64_t start = 0;
    size_t size = 0;
    if (!findAllocation(address, start, size)) {
      return NOT_FOUND;
    }
    if (base != nullptr) {
      *base = start;
    }
    if (bytes != nullptr) {
      *bytes = size;
    }
  }
  return call.status;
}

EXPORT cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  Call call("cuMemHostAlloc", Needs::CONTEXT, OUT_OF_MEMORY);
  if (call.status == 0) {
    *address = bytes == 0 ? nullptr : allocatePinned(bytes);
    call.status = *address == nullptr ? (bytes == 0 ? INVALID_VALUE : OUT_OF_MEMORY) : SUCCESS;
  }
  return call.status;
}

EXPORT cuMemAllocHost_v2(void** address, size_t bytes) {
  Call call("cuMemAllocHost", Needs::CONTEXT, OUT_OF_MEMORY);
  if (call.status == 0) {
    *address = bytes == 0 ? nullptr : allocatePinned(bytes);
    call.status = *address == nullptr ? (bytes == 0 ? INVALID_VALUE : OUT_OF_MEMORY) : SUCCESS;
  }
  return call.status;
}

EXPORT cuMemFreeHost(void* address) {
  Call call("cuMemFreeHost", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status != 0) {
    return call.status;
  }
  requireUnused("cuMemFreeHost", address, pinnedBytes(address));
  return freePinned(address) ? brokenStatus() : INVALID_VALUE;
}

EXPORT cuMemHostRegister_v2(void* address, size_t bytes, unsigned) {
  Call call("cuMemHostRegister", Needs::CONTEXT);
  if (call.status == 0 && (address == nullptr || bytes == 0)) {
    return INVALID_VALUE;
  }
  if (call.status == 0 && !registerPinned(address, bytes)) {
    return HOST_MEMORY_ALREADY_REGISTERED;
  }
  return call.status;
}

EXPORT cuMemHostUnregister(void* address) {
  Call call("cuMemHostUnregister", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status != 0) {
    return call.status;
  }
  runAll();
  return unregisterPinned(address) ? brokenStatus() : HOST_MEMORY_NOT_REGISTERED;
}

EXPORT cuMemHostGetFlags(unsigned* flags, void* address) {
  Call call("cuMemHostGetFlags", Needs::CONTEXT);
  if (call.status == 0) {
    *flags = 0;
    call.status = isPinned(address, 1) ? SUCCESS : INVALID_VALUE;
  }
  return call.status;
}

EXPORT cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  Call call("cuMemcpyHtoD", Needs::CONTEXT);
  return copy(call, {pointer(to), from, bytes, true, false}, false, nullptr);
}

EXPORT cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  Call call("cuMemcpyDtoH", Needs::CONTEXT);
  return copy(call, {to, pointer(from), bytes, false, true}, false, nullptr);
}

EXPORT cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  Call call("cuMemcpyDtoD", Needs::CONTEXT);
  return copy(call, {pointer(to), pointer(from), bytes, true, true}, false, nullptr);
}

EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyHtoDAsync", Needs::CONTEXT);
  return copy(call, {pointer(to), from, bytes, true, false}, true, stream);
}

EXPORT cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyDtoHAsync", Needs::CONTEXT);
  return copy(call, {to, pointer(from), bytes, false, true}, true, stream);
}

EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyDtoDAsync", Needs::CONTEXT);
  return copy(call, {pointer(to), pointer(from), bytes, true, true}, true, stream);
}

EXPORT cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  Call call("cuMemcpy", Needs::CONTEXT);
  return copy(call, {pointer(to), pointer(from), bytes, inDeviceRange(pointer(to)), inDeviceRange(pointer(from))}, false, nullptr);
}

EXPORT cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyAsync", Needs::CONTEXT);
  return copy(call, {pointer(to), pointer(from), bytes, inDeviceRange(pointer(to)), inDeviceRange(pointer(from))}, true, stream);
}

EXPORT cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  Call call("cuMemsetD8", Needs::CONTEXT);
  return fill(call, to, value, count, false, nullptr);
}

EXPORT cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
  Call call("cuMemsetD16", Needs::CONTEXT);
  return fill(call, to, value, count, false, nullptr);
}

EXPORT cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  Call call("cuMemsetD32", Needs::CONTEXT);
  return fill(call, to, value, count, false, nullptr);
}

EXPORT cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  Call call("cuMemsetD8Async", Needs::CONTEXT);
  return fill(call, to, value, count, true, stream);
}

EXPORT cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
  Call call("cuMemsetD16Async", Needs::CONTEXT);
  return fill(call, to, value, count, true, stream);
}

EXPORT cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  Call call("cuMemsetD32Async", Needs::CONTEXT);
  return fill(call, to, value, count, true, stream);
}
