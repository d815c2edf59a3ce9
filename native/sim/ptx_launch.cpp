#include "ptx_launch.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "driver.h"
#include "ptx_watch.h"

namespace klif_sim {
namespace {

constexpr double MOST_ULP = 4;  // of float64: log, exp and pow are libdevice's in the PTX, the C library's in the sources' build
constexpr int MOST_SAID = 10;   // differences that get a line of their own

// Sums over the process.
struct Totals {
  unsigned long long launches = 0, elements = 0, different = 0;
  double ulp = 0;
  bool failed = false;
  int said = 0;
};
Totals totals;

// In the order of the numbers they stand for, as integers: neighbours differ by 1.
int64_t ordered(uint64_t bits, int size) {
  int64_t magnitude = static_cast<int64_t>(bits & ~(1ull << (8 * size - 1)));
  return (bits >> (8 * size - 1)) != 0 ? -magnitude : magnitude;
}

uint64_t bitsAt(const unsigned char* at, int bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, at, static_cast<size_t>(bytes));
  return bits;
}

double number(uint64_t bits, int size) {
  double d = 0;
  if (size == 8) {
    std::memcpy(&d, &bits, 8);
    return d;
  }
  float f;
  uint32_t low = static_cast<uint32_t>(bits);
  std::memcpy(&f, &low, 4);
  return static_cast<double>(f);
}

// NaN in bfloat16 and in half precision alike
bool isHalfNan(uint64_t bits) { return (bits & 0x7fff) > 0x7f80; }

// Whether both are NaN of the same format: their payload may differ. Words of integer type may hold two halves, or a float.
bool bothNan(uint64_t a, uint64_t b, const PtxStore& store) {
  if (store.bytes == 2) {
    return isHalfNan(a) && isHalfNan(b);
  }
  if (store.bytes == 4 && store.kind != 'f') {
    bool low = (a & 0xffff) == (b & 0xffff) || (isHalfNan(a) && isHalfNan(b));
    bool high = a >> 16 == b >> 16 || (isHalfNan(a >> 16) && isHalfNan(b >> 16));
    if (low && high) {
      return true;
    }
  }
  return store.bytes >= 4 && std::isnan(number(a, store.bytes)) && std::isnan(number(b, store.bytes));
}

void differs(const HostKernel& kernel, const WatchedArray& array, size_t byte, double ulp, bool allowed, const std::string& sentence) {
  totals.different++;
  totals.ulp = std::max(totals.ulp, ulp);
  totals.failed |= !allowed;
  if (!allowed && totals.said++ < MOST_SAID) {
    say("kernel %s: byte %zu of an array of %zu bytes: %s", kernel.name, byte, array.bytes, sentence.c_str());
  }
}

void compareElement(const HostKernel& kernel, const WatchedArray& array, size_t byte, const PtxStore& store, const unsigned char* ofPtx) {
  totals.elements++;
  uint64_t mine = bitsAt(ofPtx, store.bytes), theirs = bitsAt(array.memory() + byte, store.bytes);
  if (mine == theirs || bothNan(mine, theirs, store)) {
    return;
  }
  double a = store.bytes >= 4 ? number(mine, store.bytes) : 0, b = store.bytes >= 4 ? number(theirs, store.bytes) : 0;
  double ulp = std::numeric_limits<double>::infinity();
  if (store.kind == 'f' && !std::isnan(a) && !std::isnan(b)) {
    ulp = std::fabs(static_cast<double>(ordered(mine, store.bytes) - ordered(theirs, store.bytes)));
    ulp = ulp == 0 ? 1 : ulp;  // zeros of different signs
  }
  char text[160];
  if (store.kind == 'f') {
    std::snprintf(text, sizeof text, "line %d of the PTX wrote %.17g, the sources %.17g", store.line, a, b);
  } else {
    std::snprintf(text, sizeof text, "line %d of the PTX wrote %#llx, the sources %#llx", store.line,
                  static_cast<unsigned long long>(mine), static_cast<unsigned long long>(theirs));
  }
  differs(kernel, array, byte, ulp, store.kind == 'f' && store.bytes == 8 && ulp <= MOST_ULP, text);
}

// What the PTX left, and what the sources left in the memory.
void compareArray(const HostKernel& kernel, const LoadedPtx& module, WatchedArray& array, const std::vector<unsigned char>& ofPtx) {
  for (size_t byte = 0; byte < array.bytes;) {
    unsigned writer = (*array.writers)[byte / UNIT];
    if (writer != 0) {
      const PtxStore& store = module.object.stores[writer - 1];
      compareElement(kernel, array, byte, store, ofPtx.data() + byte);
      byte += std::max(UNIT, static_cast<size_t>(store.bytes));
      continue;
    }
    // mostly an element of 4 bytes
    bool four = byte % 4 == 0 && byte + 4 <= array.bytes && (*array.writers)[byte / UNIT + 1] == 0;
    size_t n = four ? 4 : std::min(UNIT, array.bytes - byte);
    if (std::memcmp(array.memory() + byte, array.before.data() + byte, n) != 0) {
      differs(kernel, array, byte, std::numeric_limits<double>::infinity(), false, "the sources wrote it, the PTX did not");
    }
    byte += n;
  }
}

std::string compare(const HostKernel& sources, const LoadedPtx& module, const HostKernel& ptx, dim3 grid, dim3 block, size_t sharedBytes,
                    void* const* parameters, unsigned seed) {
  PtxWatch watch(WATCH_WRITES, sources, parameters);
  std::string fault = runGrid(ptx, grid, block, sharedBytes, parameters, seed);
  ptxWatch = 0;
  if (!fault.empty()) {
    return "in its PTX, " + fault;
  }
  std::vector<std::vector<unsigned char>> left;
  for (const auto& array : watch.arrays()) {
    left.emplace_back(array->memory(), array->memory() + array->bytes);
    std::memcpy(array->memory(), array->before.data(), array->bytes);
  }
  fault = runGrid(sources, grid, block, sharedBytes, parameters, seed);
  if (!fault.empty()) {
    return fault + " (its PTX ran without a fault)";
  }
  totals.launches++;
  for (size_t i = 0; i < left.size(); i++) {
    compareArray(sources, module, *watch.arrays()[i], left[i]);
  }
  return "";
}

}  // namespace

PtxMode ptxMode() {
  static const PtxMode mode = [] {
    const char* wanted = std::getenv("KLIF_SIM_PTX");
    std::string word = wanted != nullptr ? wanted : "";
    return word.empty()         ? PtxMode::OFF
           : word == "run"      ? PtxMode::RUN
           : word == "compare"  ? PtxMode::COMPARE
           : word == "race"     ? PtxMode::RACE
                                : PtxMode::UNKNOWN;
  }();
  return mode;
}

std::string runLaunch(const HostKernel& sources, const LoadedPtx& module, const HostKernel& ptx, dim3 grid, dim3 block,
                      size_t sharedBytes, void* const* parameters, unsigned seed) {
  if (ptxMode() == PtxMode::COMPARE) {
    return compare(sources, module, ptx, grid, block, sharedBytes, parameters, seed);
  }
  if (ptxMode() == PtxMode::RACE) {
    PtxWatch watch(WATCH_RACES, sources, parameters);
    std::string fault = runGrid(ptx, grid, block, sharedBytes, parameters, seed, 1);
    return fault.empty() ? "" : "in its PTX, " + fault;
  }
  std::string fault = runGrid(ptx, grid, block, sharedBytes, parameters, seed);
  return fault.empty() ? "" : "in its PTX, " + fault;
}

}  // namespace klif_sim

int klif_sim_ptx_report(char* to, long size) {
  using namespace klif_sim;
  std::lock_guard<std::recursive_mutex> guard(driverLock());
  if (ptxMode() != PtxMode::COMPARE) {
    return 0;
  }
  Totals all = totals;
  totals = Totals();
  std::snprintf(to, static_cast<size_t>(size), "PTX: %llu launches, %llu elements compared, %llu differ, largest %.0f ulp", all.launches,
                all.elements, all.different, all.ulp);
  return all.failed ? 2 : 1;
}
