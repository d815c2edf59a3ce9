#include "ptx_watch.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "memory.h"
#include "races.h"

namespace klif_sim {

int ptxWatch = 0;

namespace {

PtxWatch* active = nullptr;
uint64_t watches = 0;

Touch me() {
  const Thread& t = *current;
  uint64_t block = (static_cast<uint64_t>(t.blockIndex.z) * t.gridSize.y + t.blockIndex.y) * t.gridSize.x + t.blockIndex.x;
  if (block >= TOUCH_BLOCKS) {
    fault("KLIF_SIM_PTX=race looks at 16 million blocks of a launch, not at block %llu", static_cast<unsigned long long>(block));
  }
  return touchIn(block);
}

[[noreturn]] void race(const WatchedArray& array, const unsigned char* at, int line, const char* does, const char* did, Touch other) {
  size_t byte = static_cast<size_t>(at - array.memory());
  fault("PTX line %d: race in global memory: %s byte %zu of an array of %zu bytes, which thread %llu of block %llu %s, with no barrier between",
        line, does, byte, array.bytes, static_cast<unsigned long long>(threadOf(other)),
        static_cast<unsigned long long>(blockOf(other) - 1), did);
}

}  // namespace

PtxWatch::PtxWatch(int what, const HostKernel& kernel, void* const* parameters) : what_(what), number_(++watches) {
  for (size_t i = 0; i < kernel.parameters.size(); i++) {
    const unsigned char* parameter = static_cast<const unsigned char*>(parameters[i]);
    for (size_t at = 0; at + 8 <= kernel.parameters[i].bytes; at += 8) {  // those of a struct, too
      uint64_t address;
      std::memcpy(&address, parameter + at, 8);
      if (inDeviceRange(reinterpret_cast<const void*>(address))) {
        add(address);
      }
    }
  }
  active = this;
  ptxWatch = what;
}

PtxWatch::~PtxWatch() {
  ptxWatch = 0;
  active = nullptr;
}

// The array around an address, or null where there is none.
WatchedArray* PtxWatch::add(uint64_t address) {
  std::lock_guard<std::mutex> guard(lock_);
  uint64_t start;
  size_t bytes;
  if (!findAllocation(address, start, bytes)) {
    return nullptr;
  }
  for (auto& known : arrays_) {
    if (known->start == start) {
      return known.get();
    }
  }
  auto array = std::make_unique<WatchedArray>();
  array->start = start;
  array->bytes = bytes;
  if ((what_ & WATCH_WRITES) != 0) {
    array->before.assign(array->memory(), array->memory() + bytes);
    array->writers = std::make_unique<Zeros<uint16_t>>(bytes / UNIT + 1);
  }
  if ((what_ & WATCH_RACES) != 0) {
    array->cells = std::make_unique<Zeros<Access>>(bytes / UNIT + 1);
  }
  arrays_.push_back(std::move(array));
  return arrays_.back().get();
}

WatchedArray& PtxWatch::around(const unsigned char* at, int bytes, int line, const char* instruction) {
  // the array that this system thread touched last, while the launch is the same
  static thread_local uint64_t of = 0;
  static thread_local WatchedArray* last = nullptr;
  uint64_t address = reinterpret_cast<uint64_t>(at);
  if (of != number_ || last == nullptr || address < last->start || address >= last->start + last->bytes) {
    last = inDeviceRange(at) ? add(address) : nullptr;
    of = number_;
  }
  if (last == nullptr || address + static_cast<unsigned>(bytes) > last->start + last->bytes) {
    char what[200];
    describeAddress(at + (last == nullptr ? 0 : last->start + last->bytes - address), what, sizeof what);
    fault("PTX line %d: %s of %d bytes: %s", line, instruction, bytes, what);
  }
  return *last;
}

void PtxWatch::read(const unsigned char* from, int bytes, int line) {
  WatchedArray& array = around(from, bytes, line, "ld.global");
  Touch now = me();
  size_t first = static_cast<size_t>(from - array.memory());
  for (size_t unit = first / UNIT; unit < (first + static_cast<size_t>(bytes) + UNIT - 1) / UNIT; unit++) {
    Access& cell = (*array.cells)[unit];
    if (unordered(cell.writer, now)) {
      race(array, array.memory() + unit * UNIT, line, "reads", "wrote", cell.writer);
    }
    addReader(cell, now);
  }
}

void PtxWatch::write(unsigned char* to, int bytes, int line, int number) {
  WatchedArray& array = around(to, bytes, line, "st.global");
  size_t first = static_cast<size_t>(to - array.memory()), end = (first + static_cast<size_t>(bytes) + UNIT - 1) / UNIT;
  if ((what_ & WATCH_WRITES) != 0) {
    for (size_t unit = first / UNIT; unit < end; unit++) {
      (*array.writers)[unit] = static_cast<uint16_t>(number + 1);
    }
    return;
  }
  Touch now = me();
  for (size_t unit = first / UNIT; unit < end; unit++) {
    Access& cell = (*array.cells)[unit];
    if (unordered(cell.writer, now)) {
      race(array, array.memory() + unit * UNIT, line, "writes", "wrote", cell.writer);
    }
    const Touch reader = unorderedReader(cell, now);
    if (reader != 0) {
      race(array, array.memory() + unit * UNIT, line, "writes", "read", reader);
    }
    cell.writer = now;
  }
}

void ptxRead(const unsigned char* from, int bytes, int line) { active->read(from, bytes, line); }
void ptxWrite(unsigned char* to, int bytes, int line, int number) { active->write(to, bytes, line, number); }

}  // namespace klif_sim
