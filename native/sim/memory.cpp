#include "memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "counting.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace klif_sim {
namespace {

constexpr uint64_t RANGE = 0x200000000000;  // not used by the system, the JVM or address sanitizer
constexpr uint64_t RANGE_BYTES = 1ull << 40;
constexpr size_t PAGE = 4096;
constexpr size_t COUNTED_BYTES = size_t{80} << 30;  // an H100's
constexpr int FRESH = 0xff;
constexpr unsigned char SLACK = 0xcb;

struct Allocation {
  uint64_t map;  // first usable page
  size_t mapBytes;
  size_t bytes;
  long number;
};

std::map<uint64_t, Allocation> allocations;  // by address
std::map<uint64_t, size_t> pinned;           // host ranges
std::map<uint64_t, bool> ownPinned;          // allocated here
uint64_t cursor = RANGE + PAGE;
size_t used = 0;
long count = 0;
bool reserved = false;

unsigned char* pointer(uint64_t address) { return reinterpret_cast<unsigned char*>(address); }

size_t pages(size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

// First page of a free stretch, with a page before and after it that nobody may touch. Freed addresses come back late.
uint64_t place(size_t mapBytes) {
  if (cursor + mapBytes + PAGE > RANGE + RANGE_BYTES) {
    cursor = RANGE + PAGE;
  }
  for (uint64_t start = cursor;;) {
    auto next = allocations.lower_bound(start);
    if (next != allocations.begin()) {
      auto before = std::prev(next);
      uint64_t end = before->second.map + before->second.mapBytes + PAGE;
      if (end > start) {
        start = end;
        continue;
      }
    }
    if (next != allocations.end() && next->second.map < start + mapBytes + PAGE) {
      start = next->second.map + next->second.mapBytes + PAGE;
      continue;
    }
    if (start + mapBytes + PAGE > RANGE + RANGE_BYTES) {
      return 0;
    }
    cursor = start + mapBytes + PAGE;
    return start;
  }
}

const std::pair<const uint64_t, Allocation>* around(uint64_t address) {
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin()) {
    return nullptr;
  }
  auto& it = *std::prev(next);
  return address <= it.first + it.second.bytes ? &it : nullptr;
}

#if !defined(__SANITIZE_ADDRESS__)
bool damaged(uint64_t from, uint64_t to) {
  for (uint64_t a = from; a < to; a++) {
    if (*pointer(a) != SLACK) {
      return true;
    }
  }
  return false;
}
#endif

void release(uint64_t address, const Allocation& a) {
  ASAN_UNPOISON_MEMORY_REGION(pointer(a.map), a.mapBytes);
  madvise(pointer(a.map), a.mapBytes, MADV_DONTNEED);
  mprotect(pointer(a.map), a.mapBytes, PROT_NONE);
  used -= a.bytes;
  (void)address;
}

}  // namespace

bool reserveMemory() {
  if (!reserved) {
    void* want = pointer(RANGE);
    void* got = mmap(want, RANGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != MAP_FAILED && got != want) {
      munmap(got, RANGE_BYTES);
    }
    reserved = got == want;
  }
  return reserved;
}

size_t deviceMemoryTotal() {
  if (counting()) {
    return COUNTED_BYTES;
  }
  static const size_t total = [] {
    const char* wanted = std::getenv("KLIF_SIM_MEMORY");
    return wanted != nullptr ? static_cast<size_t>(std::strtoull(wanted, nullptr, 10)) : size_t{8} << 30;
  }();
  return total;
}

size_t deviceMemoryUsed() { return used; }

long liveAllocations() { return static_cast<long>(allocations.size()); }

uint64_t allocateDevice(size_t bytes) {
  if (bytes > deviceMemoryTotal() - used) {
    return 0;
  }
  size_t mapBytes = pages(bytes);
  uint64_t map = place(mapBytes);
  if (map == 0 || mprotect(pointer(map), mapBytes, PROT_READ | PROT_WRITE) != 0) {
    return 0;
  }
  uint64_t address = map + mapBytes - (bytes + 15) / 16 * 16;
  std::memset(pointer(map), SLACK, address - map);
  if (!counting()) {  // pages that nobody touches cost nothing
    std::memset(pointer(address), FRESH, bytes);
  }
  std::memset(pointer(address + bytes), SLACK, map + mapBytes - address - bytes);
  ASAN_POISON_MEMORY_REGION(pointer(map), address - map);
  ASAN_POISON_MEMORY_REGION(pointer(address + bytes), map + mapBytes - address - bytes);
  allocations[address] = {map, mapBytes, bytes, ++count};
  used += bytes;
  return address;
}

FreeResult freeDevice(uint64_t address) {
  auto it = allocations.find(address);
  if (it == allocations.end()) {
    return FreeResult::NOT_AN_ALLOCATION;
  }
  release(it->first, it->second);
  allocations.erase(it);
  return FreeResult::DONE;
}

void freeAllDevice() {
  for (auto& it : allocations) {
    release(it.first, it.second);
  }
  allocations.clear();
}

bool inDeviceRange(const void* address) {
  uint64_t a = reinterpret_cast<uint64_t>(address);
  return a >= RANGE && a < RANGE + RANGE_BYTES;
}

long long bytesToEnd(const void* address) {
  uint64_t a = reinterpret_cast<uint64_t>(address);
  auto* it = around(a);
  return it == nullptr ? -1 : static_cast<long long>(it->first + it->second.bytes - a);
}

bool findAllocation(uint64_t address, uint64_t& start, size_t& bytes) {
  auto* it = around(address);
  if (it == nullptr) {
    return false;
  }
  start = it->first;
  bytes = it->second.bytes;
  return true;
}

std::string checkGuards() {
#if !defined(__SANITIZE_ADDRESS__)  // there the guards are poisoned and nothing can have written to them
  for (auto& [address, a] : allocations) {
    const char* where = damaged(a.map, address)                                      ? "before its start"
                        : damaged(address + a.bytes, a.map + a.mapBytes) ? "behind its end"
                                                                         : nullptr;
    if (where != nullptr) {
      char sentence[200];
      std::snprintf(sentence, sizeof sentence, "memory was written %s: allocation %ld, %zu bytes at %#llx", where, a.number, a.bytes,
                    static_cast<unsigned long long>(address));
      return sentence;
    }
  }
#endif
  return "";
}

void describeAddress(const void* address, char* to, size_t size) {
  uint64_t a = reinterpret_cast<uint64_t>(address);
  if (!inDeviceRange(address)) {
    std::snprintf(to, size, "access to address %p, which is not device memory", address);
    return;
  }
  auto next = allocations.upper_bound(a);
  if (next != allocations.begin()) {
    auto& before = *std::prev(next);
    uint64_t end = before.first + before.second.bytes;
    if (a >= end && a < end + 64 * PAGE) {
      std::snprintf(to, size, "access %llu bytes behind the end of an array of %zu bytes (allocation %ld)",
                    static_cast<unsigned long long>(a - end), before.second.bytes, before.second.number);
      return;
    }
  }
  if (next != allocations.end() && next->first - a < 64 * PAGE) {
    std::snprintf(to, size, "access %llu bytes before an array of %zu bytes (allocation %ld)",
                  static_cast<unsigned long long>(next->first - a), next->second.bytes, next->second.number);
    return;
  }
  std::snprintf(to, size, "access to address %p, where no array lives", address);
}

void* allocatePinned(size_t bytes) {
  void* address = std::aligned_alloc(PAGE, pages(bytes == 0 ? 1 : bytes));
  if (address != nullptr) {
    std::memset(address, FRESH, pages(bytes));
    pinned[reinterpret_cast<uint64_t>(address)] = bytes;
    ownPinned[reinterpret_cast<uint64_t>(address)] = true;
  }
  return address;
}

bool freePinned(void* address) {
  if (ownPinned.erase(reinterpret_cast<uint64_t>(address)) == 0) {
    return false;
  }
  pinned.erase(reinterpret_cast<uint64_t>(address));
  std::free(address);
  return true;
}

size_t pinnedBytes(const void* address) {
  auto it = pinned.find(reinterpret_cast<uint64_t>(address));
  return it == pinned.end() ? 0 : it->second;
}

bool registerPinned(void* address, size_t bytes) {
  return !inDeviceRange(address) && pinned.emplace(reinterpret_cast<uint64_t>(address), bytes).second;
}

bool unregisterPinned(void* address) {
  return ownPinned.count(reinterpret_cast<uint64_t>(address)) == 0 && pinned.erase(reinterpret_cast<uint64_t>(address)) != 0;
}

bool isPinned(const void* address, size_t bytes) {
  uint64_t a = reinterpret_cast<uint64_t>(address);
  auto next = pinned.upper_bound(a);
  return next != pinned.begin() && a + bytes <= std::prev(next)->first + std::prev(next)->second;
}

}  // namespace klif_sim
