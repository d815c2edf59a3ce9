// Exported functions: modules, kernels, occupancy.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "driver.h"
#include "ptx_launch.h"

namespace klif_sim {
namespace {

std::vector<std::unique_ptr<CUmod_st>>& modules() {
  static auto* it = new std::vector<std::unique_ptr<CUmod_st>>();
  return *it;
}

bool isFunction(CUfunction function) {
  for (auto& module : modules()) {
    for (auto& f : module->functions) {
      if (&f == function) {
        return true;
      }
    }
  }
  return false;
}

const HostKernel* find(const std::vector<HostKernel>& all, const std::string& module, const std::string& entry) {
  for (const HostKernel& kernel : all) {
    if (module == kernel.module && entry == kernel.name) {
      return &kernel;
    }
  }
  return nullptr;
}

// The host's module with the most of the PTX's entries.
std::string moduleOf(const std::vector<HostKernel>& all, const PtxModule& ptx) {
  std::map<std::string, int> hits;
  for (const PtxEntry& entry : ptx.entries) {
    for (const HostKernel& kernel : all) {
      hits[kernel.module] += entry.name == kernel.name ? 1 : 0;
    }
  }
  std::string best;
  for (auto& [module, count] : hits) {
    if (count > 0 && (best.empty() || count > hits[best])) {
      best = module;
    }
  }
  return best;
}

// "" or how the parameters differ.
std::string difference(const PtxEntry& entry, const HostKernel& kernel) {
  if (entry.parameterBytes.size() != kernel.parameters.size()) {
    return "it has " + std::to_string(entry.parameterBytes.size()) + " parameters in the PTX, " +
           std::to_string(kernel.parameters.size()) + " in the host build";
  }
  for (size_t i = 0; i < kernel.parameters.size(); i++) {
    if (entry.parameterBytes[i] != kernel.parameters[i].bytes) {
      return "parameter " + std::to_string(i) + " has " + std::to_string(entry.parameterBytes[i]) + " bytes in the PTX, " +
             std::to_string(kernel.parameters[i].bytes) + " in the host build";
    }
  }
  return "";
}

// Loads the shared object of a module whose kernels are not in this library, and takes over what it has.
bool open(const std::string& path, CUmod_st& module) {
  module.object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module.object == nullptr) {
    say("cuModuleLoadData: %s", dlerror());
    return false;
  }
#define KLIF_SIM_TEXT(name) #name
#define KLIF_SIM_NAME(name) KLIF_SIM_TEXT(name)
  const char* name = KLIF_SIM_NAME(KLIF_SIM_KERNELS_OF_OBJECT);
  auto* add = reinterpret_cast<AddKernels*>(dlsym(module.object, name));
  if (add == nullptr) {
    say("cuModuleLoadData: %s has no %s", path.c_str(), name);
    return false;
  }
  add(module.kernels);
  return true;
}

int load(CUmodule* loaded, const char* text) {
  PtxModule ptx;
  try {
    ptx = parsePtx(text);
  } catch (const std::runtime_error& e) {
    say("cuModuleLoadData: %s", e.what());
    return INVALID_PTX;
  }
  if (ptx.version > ptxVersionOfDriver(driverVersion())) {
    return UNSUPPORTED_PTX_VERSION;
  }
  auto module = std::make_unique<CUmod_st>();
  if (!ptx.object.empty() && !open(ptx.object, *module)) {
    return NO_BINARY_FOR_GPU;
  }
  const std::vector<HostKernel>& all = ptx.object.empty() ? hostKernels() : module->kernels;
  std::string name = moduleOf(all, ptx);
  for (const PtxEntry& entry : ptx.entries) {
    const HostKernel* kernel = find(all, name, entry.name);
    if (kernel == nullptr) {
      say("cuModuleLoadData: the PTX has an entry %s that the host build%s does not have: rebuild native/sim", entry.name.c_str(),
          name.empty() ? "" : (" of " + name).c_str());
      return NO_BINARY_FOR_GPU;
    }
    std::string differs = difference(entry, *kernel);
    if (!differs.empty()) {
      say("cuModuleLoadData: entry %s of %s: %s", entry.name.c_str(), name.c_str(), differs.c_str());
      return NO_BINARY_FOR_GPU;
    }
    if (entry.allParameterBytes() > MOST_PARAMETER_BYTES || entry.staticShared > SHARED_WITHOUT_ASKING) {
      say("cuModuleLoadData: entry %s has %zu bytes of parameters (at most %zu) and %zu of static shared memory (at most %d)",
          entry.name.c_str(), entry.allParameterBytes(), MOST_PARAMETER_BYTES, entry.staticShared, SHARED_WITHOUT_ASKING);
      return INVALID_PTX;
    }
    module->functions.push_back({kernel, module.get(), entry.maxThreads, ptx.version, static_cast<int>(entry.staticShared),
                                 registersOf(entry)});
  }
  if (ptxMode() != PtxMode::OFF) {
    try {
      module->ptx = &loadPtx(name, text);
    } catch (const std::runtime_error& e) {
      say("cuModuleLoadData: %s", e.what());
      return NOT_SUPPORTED;
    }
    for (CUfunc_st& function : module->functions) {
      function.ptx = module->ptx->kernel(function.kernel->name);
    }
  }
  modules().push_back(std::move(module));
  *loaded = modules().back().get();
  return SUCCESS;
}

size_t align(size_t n, size_t to) { return (n + to - 1) / to * to; }

// Blocks that a multiprocessor holds at once. Of an A100's: 64 warps, 32 blocks, registers by warps of 256 each, and 164 KiB of shared
// memory, of which a block has its own, 1 KiB for the system, and what is missing to 128 bytes.
int residentBlocks(const CUfunc_st& f, int threads, size_t sharedBytes) {
  if (sharedBytes > static_cast<size_t>(f.maxDynamicShared)) {
    return 0;
  }
  const int warps = (threads + 31) / 32;
  const size_t shared = align(static_cast<size_t>(f.staticShared) + sharedBytes + SHARED_OF_SYSTEM, 128);
  const int byWarps = static_cast<int>(THREADS_PER_MULTIPROCESSOR / 32) / warps;
  const int byRegisters = warpsWithin(f.registers) / warps;
  const int byShared = static_cast<int>(SHARED_OF_MULTIPROCESSOR / shared);
  return std::min({byWarps, byRegisters, byShared, BLOCKS_OF_MULTIPROCESSOR});
}

// The parameters' bytes as they are at the call, and pointers to each.
struct Parameters {
  std::vector<std::max_align_t> storage;
  std::vector<void*> pointers;

  Parameters(const HostKernel& kernel, void* const* given) {
    size_t bytes = 0;
    for (const Parameter& p : kernel.parameters) {
      bytes = align(bytes, alignof(std::max_align_t)) + p.bytes;
    }
    storage.resize(bytes / sizeof(std::max_align_t) + 1);
    size_t at = 0;
    for (size_t i = 0; i < kernel.parameters.size(); i++) {
      at = align(at, alignof(std::max_align_t));
      void* to = reinterpret_cast<unsigned char*>(storage.data()) + at;
      std::memcpy(to, given[i], kernel.parameters[i].bytes);
      pointers.push_back(to);
      at += kernel.parameters[i].bytes;
    }
  }
};

const char* parameterName(size_t number) {
  static const char* const NAMES[] = {"parameter 0",  "parameter 1",  "parameter 2",  "parameter 3",  "parameter 4",  "parameter 5",
                                      "parameter 6",  "parameter 7",  "parameter 8",  "parameter 9",  "parameter 10", "parameter 11",
                                      "parameter 12", "parameter 13", "parameter 14", "parameter 15", "parameter 16", "parameter 17",
                                      "parameter 18", "parameter 19", "parameter 20", "parameter 21", "parameter 22", "parameter 23"};
  return number < std::size(NAMES) ? NAMES[number] : "a parameter";
}

int launch(CUfunction f, dim3 grid, dim3 block, unsigned sharedBytes, CUstream handle, void** given) {
  const HostKernel& kernel = *f->kernel;
  unsigned long long threads = 1ull * block.x * block.y * block.z;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0 || threads > 1024 || block.z > 64 || grid.x > 2147483647u ||
      grid.y > 65535 || grid.z > 65535) {
    say("kernel %s: grid (%u,%u,%u), block (%u,%u,%u) is outside the device's limits", kernel.name, grid.x, grid.y, grid.z, block.x,
        block.y, block.z);
    return INVALID_VALUE;
  }
  if (threads > static_cast<unsigned long long>(f->maxThreads)) {
    say("kernel %s: %llu threads a block, its launch bounds allow %d", kernel.name, threads, f->maxThreads);
    return INVALID_VALUE;
  }
  if (align(threads, 32) > 32ull * static_cast<unsigned>(warpsWithin(f->registers))) {
    say("kernel %s: %llu threads a block of %d registers each, a block has %d registers", kernel.name, threads, f->registers,
        REGISTERS);
    return LAUNCH_OUT_OF_RESOURCES;
  }
  if (sharedBytes > static_cast<unsigned>(f->maxDynamicShared)) {
    say("kernel %s: %u bytes of dynamic shared memory, %d are allowed beside %d of static", kernel.name, sharedBytes,
        f->maxDynamicShared, f->staticShared);
    return INVALID_VALUE;
  }
  if (given == nullptr && !kernel.parameters.empty()) {
    say("kernel %s: no parameters given", kernel.name);
    return INVALID_VALUE;
  }
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  auto parameters = std::make_shared<Parameters>(kernel, given);
  Operation operation;
  operation.name = std::string("kernel ") + kernel.name;
  for (size_t i = 0; i < kernel.parameters.size(); i++) {
    if (kernel.parameters[i].pointer) {
      void* address;
      std::memcpy(&address, parameters->pointers[i], sizeof address);
      operation.ranges.push_back({parameterName(i), address, 1, true});
    }
  }
  operation.borrowed.push_back({f->module, 1});
  const LoadedPtx* module = f->module->ptx;
  const HostKernel* ptx = f->ptx;
  operation.work = [&kernel, module, ptx, grid, block, sharedBytes, parameters] {
    if (plantedFault((std::string("kernel/") + kernel.name).c_str(), ILLEGAL_ADDRESS) != 0) {
      failWork("kernel %s: a planted kernel fault", kernel.name);
    }
    void* const* pointers = parameters->pointers.data();
    std::string fault = ptx == nullptr ? runGrid(kernel, grid, block, sharedBytes, pointers, orderSeed())
                                       : runLaunch(kernel, *module, *ptx, grid, block, sharedBytes, pointers, orderSeed());
    if (!fault.empty()) {
      throw WorkFault{fault};
    }
  };
  return put(stream, std::move(operation));
}

}  // namespace

int mostRegisters(const PtxEntry& entry) {
  const int left = REGISTERS / (static_cast<int>(align(static_cast<size_t>(entry.maxThreads), 32)) * entry.fewestBlocks);
  return std::min(255, left / 8 * 8);
}

void dropModules() { modules().clear(); }

}  // namespace klif_sim

CUmod_st::~CUmod_st() {
  functions.clear();
  kernels.clear();
  if (object != nullptr) {
    dlclose(object);
  }
}

using namespace klif_sim;

EXPORT cuModuleLoadData(CUmodule* module, const void* image) {
  Call call("cuModuleLoadData", Needs::CONTEXT);
  return call.status != 0 ? call.status : load(module, static_cast<const char*>(image));
}

EXPORT cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, int*, void**) {
  Call call("cuModuleLoadDataEx", Needs::CONTEXT);
  return call.status != 0 ? call.status : load(module, static_cast<const char*>(image));
}

EXPORT cuModuleLoad(CUmodule* module, const char* path) {
  Call call("cuModuleLoad", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  std::ifstream file(path);
  if (!file) {
    return FILE_NOT_FOUND;
  }
  std::stringstream text;
  text << file.rdbuf();
  return load(module, text.str().c_str());
}

EXPORT cuModuleUnload(CUmodule module) {
  Call call("cuModuleUnload", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status != 0) {
    return call.status;
  }
  requireUnused("cuModuleUnload", module, 1);
  auto& all = modules();
  size_t before = all.size();
  all.erase(std::remove_if(all.begin(), all.end(), [module](const auto& it) { return it.get() == module; }), all.end());
  return all.size() == before ? INVALID_HANDLE : brokenStatus();
}

EXPORT cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  Call call("cuModuleGetFunction", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  for (auto& f : module->functions) {
    if (std::strcmp(f.kernel->name, name) == 0) {
      *function = &f;
      return SUCCESS;
    }
  }
  return NOT_FOUND;
}

EXPORT cuFuncGetModule(CUmodule* module, CUfunction function) {
  Call call("cuFuncGetModule", Needs::CONTEXT);
  if (call.status == 0) {
    *module = function->module;
  }
  return call.status;
}

EXPORT cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  Call call("cuFuncGetAttribute", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isFunction(function)) {
    return INVALID_HANDLE;
  }
  switch (attribute) {
    case 0:  // threads a block at most
      *value = std::min(function->maxThreads, 32 * warpsWithin(function->registers));
      break;
    case 1:  // static shared memory
      *value = function->staticShared;
      break;
    case 4:  // registers
      *value = function->registers;
      break;
    case 5:  // PTX version
    case 6:  // binary version
      *value = 80;
      break;
    case 8:  // dynamic shared memory at most
      *value = function->maxDynamicShared;
      break;
    default:
      *value = 0;
  }
  return SUCCESS;
}

EXPORT cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  Call call("cuFuncSetAttribute", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isFunction(function)) {
    return INVALID_HANDLE;
  }
  if (attribute == 8) {
    if (value < 0 || value > SHARED_OPT_IN - function->staticShared) {
      return INVALID_VALUE;
    }
    function->maxDynamicShared = value;
  }
  return SUCCESS;
}

EXPORT cuFuncSetCacheConfig(CUfunction, int) { return Call("cuFuncSetCacheConfig", Needs::CONTEXT).status; }

EXPORT cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                      unsigned blockZ, unsigned sharedBytes, CUstream stream, void** parameters, void** extra) {
  Call call("cuLaunchKernel", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isFunction(function)) {
    return INVALID_HANDLE;
  }
  if (extra != nullptr) {
    return NOT_SUPPORTED;
  }
  return launch(function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream, parameters);
}

EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int blockSize, size_t sharedBytes) {
  Call call("cuOccupancyMaxActiveBlocksPerMultiprocessor", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isFunction(function) || blockSize < 1 || blockSize > function->maxThreads) {
    return INVALID_VALUE;
  }
  *blocks = residentBlocks(*function, blockSize, sharedBytes);
  return SUCCESS;
}

EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int blockSize, size_t sharedBytes,
                                                            unsigned) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, blockSize, sharedBytes);
}

EXPORT cuOccupancyMaxPotentialBlockSize(int* grid, int* block, CUfunction function, size_t (*sharedOf)(int), size_t sharedBytes,
                                        int limit) {
  Call call("cuOccupancyMaxPotentialBlockSize", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isFunction(function)) {
    return INVALID_VALUE;
  }
  *block = limit > 0 ? std::min(limit, function->maxThreads) : function->maxThreads;
  *grid = multiprocessors() * residentBlocks(*function, *block, sharedOf == nullptr ? sharedBytes : sharedOf(*block));
  return SUCCESS;
}
