#include "device.h"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace {

uint16_t halfOf(const std::string& type, float f) {
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  if (type == "bf16") {
    return static_cast<uint16_t>(bits >> 16);
  }
  uint32_t sign = bits >> 16 & 0x8000, exponent = bits >> 23 & 0xff;
  uint32_t mantissa = exponent == 0xff ? bits >> 13 & 0x3ff : 0;  // NaN stays one
  if (exponent > 142) {
    return static_cast<uint16_t>(sign | 0x7c00 | mantissa);
  }
  return static_cast<uint16_t>(exponent < 113 ? sign : sign | (exponent - 112) << 10 | (bits >> 13 & 0x3ff));
}

// ".visible .entry NAME(" of all modules
std::map<std::string, std::string> entriesOf(const std::string& kernels) {
  std::map<std::string, std::string> entries;
  const std::string mark = ".entry ";
  for (const auto& file : std::filesystem::directory_iterator(kernels)) {
    std::ifstream text(file.path());
    for (std::string line; file.path().extension() == ".ptx" && std::getline(text, line);) {
      size_t at = line.find(mark);
      if (at != std::string::npos) {
        entries[line.substr(at + mark.size(), line.find('(') - at - mark.size())] = file.path().stem();
      }
    }
  }
  return entries;
}

}  // namespace

Device::Device(const std::string& libraries, const std::string& kernels, uint64_t seed, const std::string& only)
    : library_(dlopen((libraries + "/libcuda.so.1").c_str(), RTLD_NOW)), kernels_(kernels), only_(only), entries_(entriesOf(kernels)), random_(seed) {
  if (library_ == nullptr) {
    std::fprintf(stderr, "launches: %s\n", dlerror());
    std::exit(2);
  }
  check(reinterpret_cast<int (*)(unsigned)>(function("cuInit"))(0), "cuInit");
  void* context;
  check(reinterpret_cast<int (*)(void**, int)>(function("cuDevicePrimaryCtxRetain"))(&context, 0), "cuDevicePrimaryCtxRetain");
  check(reinterpret_cast<int (*)(void*)>(function("cuCtxSetCurrent"))(context), "cuCtxSetCurrent");
}

void* Device::function(const char* name) const {
  void* found = dlsym(library_, name);
  if (found == nullptr) {
    std::fprintf(stderr, "launches: the driver has no %s\n", name);
    std::exit(2);
  }
  return found;
}

void Device::check(int status, const char* what) const {
  if (status != 0) {
    std::fprintf(stderr, "launches: %s gives %d\n", what, status);
    std::exit(1);
  }
}

bool Device::has(std::initializer_list<std::string> sources) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return entry.second == source || entry.second.compare(0, source.size() + 1, source + "_") == 0;
    });
  });
}

bool Device::ofType(const std::string& type) const {
  auto named = [this](const std::string& other) { return only_.find("_" + other) != std::string::npos; };
  return named(type) || !(named("f32") || named("bf16") || named("f16"));
}

float Device::value(float scale) {
  static const float SPECIAL[] = {std::numeric_limits<float>::quiet_NaN(), INFINITY, -INFINITY, 1e-40f, -0.0f, 1.0f};
  float drawn = std::normal_distribution<float>(0, 1)(random_);
  if (special_ && random_() % 50 == 0) {
    // or one whose exp leaves the range of float64, or that of its normal numbers (708 to 745)
    size_t i = random_() % 9;
    return i < 6 ? SPECIAL[i] : i < 8 ? 700 * drawn : std::copysign(726 + 10 * std::fabs(drawn), drawn);
  }
  return drawn * scale;
}

Address Device::array(size_t bytes) {
  Address address;
  check(reinterpret_cast<int (*)(Address*, size_t)>(function("cuMemAlloc_v2"))(&address, bytes == 0 ? 16 : bytes), "cuMemAlloc");
  arrays_.push_back(address);
  return address;
}

Address Device::bytes(const void* from, size_t n) {
  Address address = array(n);
  check(reinterpret_cast<int (*)(Address, const void*, size_t)>(function("cuMemcpyHtoD_v2"))(address, from, n), "cuMemcpyHtoD");
  return address;
}

Address Device::floats(size_t n, float scale, float bias) {
  std::vector<float> values(n);
  for (float& one : values) {
    one = value(scale) + bias;
  }
  return bytes(values.data(), 4 * n);
}

Address Device::typed(const std::string& type, size_t n, float scale, float bias) {
  if (type == "f32") {
    return floats(n, scale, bias);
  }
  std::vector<uint16_t> values(n);
  for (uint16_t& one : values) {
    one = halfOf(type, value(scale) + bias);
  }
  return bytes(values.data(), 2 * n);
}

void Device::clear() {
  check(reinterpret_cast<int (*)()>(function("cuCtxSynchronize"))(), "cuCtxSynchronize");
  for (Address address : arrays_) {
    check(reinterpret_cast<int (*)(Address)>(function("cuMemFree_v2"))(address), "cuMemFree");
  }
  arrays_.clear();
}

void Device::launch(const std::string& entry, Grid grid, std::vector<void*> parameters) {
  auto found = entries_.find(entry);
  if (!wants(entry) || found == entries_.end()) {
    return;
  }
  const std::string& module = found->second;
  void*& loaded = modules_[module];
  if (loaded == nullptr) {
    std::ifstream file(kernels_ + "/" + module + ".ptx");
    std::stringstream text;
    text << file.rdbuf();
    check(reinterpret_cast<int (*)(void**, const void*)>(function("cuModuleLoadData"))(&loaded, text.str().c_str()), module.c_str());
  }
  void* kernel;
  check(reinterpret_cast<int (*)(void**, void*, const char*)>(function("cuModuleGetFunction"))(&kernel, loaded, entry.c_str()), entry.c_str());
  typedef int Launch(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
  check(reinterpret_cast<Launch*>(function("cuLaunchKernel"))(kernel, grid.x, grid.y, 1, grid.blockX, grid.blockY, 1, grid.shared,
                                                              nullptr, parameters.data(), nullptr),
        entry.c_str());
  launched_.insert(entry);
  launches_++;
}
