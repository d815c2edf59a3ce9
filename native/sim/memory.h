// The device's memory: an address range of its own, with a guard on both sides of every allocation.
//
// Address layout of one allocation, addresses growing to the right:
//   | page nobody may touch | slack of a known pattern | the array | < 16 bytes of the pattern | page nobody may touch |
// An access past the end is therefore a fault at once (at the latest 16 bytes on), one before the start leaves its mark in the
// slack, and address sanitizer finds either at once. Fresh memory is NaN in every format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace klif_sim {

// Reserves the range; false if the system refuses.
bool reserveMemory();

// Address of a new allocation; 0 if it would exceed the device's memory.
uint64_t allocateDevice(size_t bytes);

enum class FreeResult { DONE, NOT_AN_ALLOCATION };
FreeResult freeDevice(uint64_t address);
void freeAllDevice();

size_t deviceMemoryTotal();
size_t deviceMemoryUsed();
long liveAllocations();

bool inDeviceRange(const void* address);
// Bytes from the address to the end of the live allocation around it (0 at its very end); -1 where there is none.
long long bytesToEnd(const void* address);
// Start and size of the live allocation around an address.
bool findAllocation(uint64_t address, uint64_t& start, size_t& bytes);

// "" or the sentence for the first allocation whose surroundings were written to.
std::string checkGuards();

// Signal-safe: what an address is that should not have been touched.
void describeAddress(const void* address, char* to, size_t size);

// Memory of the host that copies may read and write later, without the caller waiting.
void* allocatePinned(size_t bytes);
bool freePinned(void* address);
bool registerPinned(void* address, size_t bytes);
bool unregisterPinned(void* address);
// Bytes of the page-locked memory that begins there; 0: none does.
size_t pinnedBytes(const void* address);
bool isPinned(const void* address, size_t bytes);

}  // namespace klif_sim
