// Runs the blocks of a grid, holds their shared memory, and turns what goes wrong in a kernel into one sentence.
#include "blocks.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "pool.h"
#include "races.h"

namespace klif_sim {

__thread Thread* current = nullptr;

namespace {

std::string text(const char* format, va_list arguments) {
  char buffer[512];
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  return buffer;
}

std::string xyz(unsigned x, unsigned y, unsigned z) {
  return "(" + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(z) + ")";
}

void runBlock(Launch& launch, unsigned long long number) {
  Block block{&launch, launch.kernel.barrier, {}};
  Thread thread{};
  thread.blockIndex = {static_cast<unsigned>(number % launch.grid.x), static_cast<unsigned>(number / launch.grid.x % launch.grid.y),
                       static_cast<unsigned>(number / launch.grid.x / launch.grid.y)};
  thread.blockSize = launch.block;
  thread.gridSize = launch.grid;
  thread.block = &block;
  thread.epoch = 1;
  if (block.fibers) {
    runBlockWithFibers(block, thread);
    return;
  }
  current = &thread;
  try {
    launch.kernel.runBlock(thread, launch.parameters);
  } catch (const KernelFault&) {
    // the launch has it
  }
  current = nullptr;
}

struct BlockLoop {
  Launch* launch;
  unsigned long long blocks;
  std::atomic<unsigned long long> next{0};
  unsigned long long chunk;
};

struct Task {
  BlockLoop* loop;
};

void runBlocks(void* argument) {
  BlockLoop& loop = *static_cast<Task*>(argument)->loop;
  for (;;) {
    unsigned long long begin = loop.next.fetch_add(loop.chunk);
    if (begin >= loop.blocks) {
      return;
    }
    for (unsigned long long b = begin; b < std::min(begin + loop.chunk, loop.blocks); b++) {
      if (loop.launch->faulted) {
        return;
      }
      runBlock(*loop.launch, b);
    }
  }
}

void checkIndex(const SharedRecord* array, long long index) {
  if (index < 0 || static_cast<size_t>(index) >= array->count) {
    fault("index %lld is outside the shared array %s of %zu elements", index, array->name, array->count);
  }
}

SharedRecord* addShared(const void* key, size_t elementSize, size_t count, const char* name) {
  Block& block = *current->block;
  if (!block.fibers) {
    fault("shared array %s in a kernel that is not declared with KLIF_KERNEL_BARRIER", name);
  }
  auto made = std::make_unique<SharedArrayOfBlock>();
  made->data.assign(elementSize * count, 0xff);
  made->accesses.resize(count);
  made->record = {key, name, made->data.data(), made->accesses.data(), count};
  block.shared.push_back(std::move(made));
  return &block.shared.back()->record;
}

}  // namespace

void Launch::report(const Thread* thread, const std::string& sentence) {
  std::lock_guard<std::mutex> guard(lock);
  if (fault.empty()) {
    fault = std::string("kernel ") + kernel.name;
    if (thread != nullptr) {
      fault += ", block " + xyz(thread->blockIndex.x, thread->blockIndex.y, thread->blockIndex.z) + ", thread " +
               xyz(thread->index.x, thread->index.y, thread->index.z);
    }
    fault += ": " + sentence;
  }
  faulted = true;
}

void fault(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string sentence = text(format, arguments);
  va_end(arguments);
  current->block->launch->report(current, sentence);
  throw KernelFault();
}

SharedRecord* findShared(const void* key, size_t elementSize, size_t count, const char* name) {
  for (auto& array : current->block->shared) {
    if (array->record.key == key) {
      return &array->record;
    }
  }
  return addShared(key, elementSize, count, name);
}

SharedRecord* findDynamicShared(size_t elementSize, const char* name) {
  static const char key = 0;
  Block& block = *current->block;
  SharedRecord* array = findShared(&key, elementSize, block.launch->sharedBytes / elementSize, name);
  if (array->count != block.launch->sharedBytes / elementSize) {
    fault("dynamic shared memory is declared twice, with elements of different sizes (%s)", name);
  }
  return array;
}

void recordRead(SharedRecord* array, long long index) {
  checkIndex(array, index);
  Access& access = array->accesses[index];
  if (access.writer == 0) {
    fault("reads %s[%lld] of shared memory before any thread wrote it", array->name, index);
  }
  const Touch now = touchIn(0);
  if (unordered(access.writer, now)) {
    fault("race in shared memory: reads %s[%lld], which thread %d wrote, with no barrier between", array->name, index,
          static_cast<int>(threadOf(access.writer)));
  }
  addReader(access, now);
}

void recordWrite(SharedRecord* array, long long index) {
  checkIndex(array, index);
  Access& access = array->accesses[index];
  const Touch now = touchIn(0);
  if (unordered(access.writer, now)) {
    fault("race in shared memory: writes %s[%lld], which thread %d wrote, with no barrier between", array->name, index,
          static_cast<int>(threadOf(access.writer)));
  }
  const Touch reader = unorderedReader(access, now);
  if (reader != 0) {
    fault("race in shared memory: writes %s[%lld], which thread %d reads, with no barrier between", array->name, index,
          static_cast<int>(threadOf(reader)));
  }
  access.writer = now;
}

std::string runGrid(const HostKernel& kernel, dim3 grid, dim3 block, size_t sharedBytes, void* const* parameters, unsigned seed,
                    int most) {
  Launch launch{kernel, grid, block, sharedBytes, parameters, seed, {}, {}, {}};
  BlockLoop loop{&launch, static_cast<unsigned long long>(grid.x) * grid.y * grid.z, {}, 1};
  unsigned long long threads = loop.blocks * block.x * block.y * block.z;
  loop.chunk = std::max(1ull, loop.blocks / 16);
  // waking another system thread costs more than a small grid
  int workers = threads < 8192 || loop.blocks < 2 ? 1 : std::min(most, poolThreads());
  Task task{&loop};
  runOnPool(workers, [](void* argument, int) {
    std::string broken = guarded(runBlocks, argument);
    if (!broken.empty()) {
      Launch& launch = *static_cast<Task*>(argument)->loop->launch;
      launch.report(nullptr, broken);
      current = nullptr;
    }
  }, &task);
  return launch.fault;
}

std::vector<HostKernel>& hostKernels() {
  static std::vector<HostKernel>* table = new std::vector<HostKernel>();
  return *table;
}

}  // namespace klif_sim
