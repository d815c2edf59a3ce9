// Threads of a block that wait for one another: each has a stack of its own and gives way at barriers and warp operations.
#include <sys/mman.h>

#include <cstdlib>
#include <exception>

#include "blocks.h"
#include "ptx_object.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define KLIF_SIM_ASAN 1
#else
#define KLIF_SIM_ASAN 0
#endif

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace klif_sim {
namespace {

constexpr size_t PAGE = 4096;
constexpr size_t STACK = KLIF_SIM_ASAN ? 256 * 1024 : 64 * 1024;  // address sanitizer puts zones between variables
constexpr unsigned MAX_THREADS = 1024;

// A place where execution stands: on x86-64 the stack pointer alone, with the saved registers on the stack.
#if defined(__x86_64__)
struct Place {
  void* stackPointer;
};
extern "C" void klif_sim_switch(void** save, void* load);
asm(R"(
.text
.hidden klif_sim_switch
.globl klif_sim_switch
.type klif_sim_switch, @function
klif_sim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size klif_sim_switch, .-klif_sim_switch
)");
#else
struct Place {
  ucontext_t context;
};
#endif

enum class State { READY, BARRIER, WARP, DONE };
enum class Operation { SHUFFLE, BALLOT, SYNC };

struct Fiber {
  Thread thread;
  Place place;
  unsigned char* stack;
  void* fakeStack;  // address sanitizer's
  State state;
  // at a barrier
  const char* file;
  int line;
  // at a warp operation
  Operation operation;
  unsigned mask;
  uint64_t value, result;
  int from;
};

// The fibers of one system thread; stacks are kept for its life.
struct Scheduler {
  std::vector<Fiber> fibers;
  unsigned count = 0;
  Place home;
  void* homeFakeStack = nullptr;
  const void* homeStack = nullptr;
  size_t homeStackBytes = 0;
  Fiber* running = nullptr;
  Launch* launch = nullptr;

  Scheduler() : fibers(MAX_THREADS) {
    for (Fiber& fiber : fibers) {
      fiber.stack = nullptr;
    }
  }

  ~Scheduler() {
    for (Fiber& fiber : fibers) {
      if (fiber.stack != nullptr) {
        munmap(fiber.stack - PAGE, STACK + PAGE);
      }
    }
  }
};

thread_local std::unique_ptr<Scheduler> threadScheduler;
__thread Scheduler* active = nullptr;

void swap(Place& save, Place& load) {
#if defined(__x86_64__)
  klif_sim_switch(&save.stackPointer, load.stackPointer);
#else
  swapcontext(&save.context, &load.context);
#endif
}

void enter(Fiber& fiber) {
  Scheduler& s = *active;
  s.running = &fiber;
  current = &fiber.thread;
#if KLIF_SIM_ASAN
  __sanitizer_start_switch_fiber(&s.homeFakeStack, fiber.stack, STACK);
#endif
  swap(s.home, fiber.place);
#if KLIF_SIM_ASAN
  __sanitizer_finish_switch_fiber(s.homeFakeStack, nullptr, nullptr);
#endif
  s.running = nullptr;
}

// Back to the scheduler; a fiber that is done never comes back.
void leave() {
  Scheduler& s = *active;
  Fiber& fiber = *s.running;
#if KLIF_SIM_ASAN
  __sanitizer_start_switch_fiber(fiber.state == State::DONE ? nullptr : &fiber.fakeStack, s.homeStack, s.homeStackBytes);
#endif
  swap(fiber.place, s.home);
#if KLIF_SIM_ASAN
  __sanitizer_finish_switch_fiber(fiber.fakeStack, &s.homeStack, &s.homeStackBytes);
#endif
}

void fiberMain() {
  Scheduler& s = *active;
#if KLIF_SIM_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &s.homeStack, &s.homeStackBytes);
#endif
  try {
    s.launch->kernel.runThread(s.launch->parameters);
  } catch (const KernelFault&) {
    // the launch has it
  } catch (const std::exception& e) {
    s.launch->report(current, std::string("exception: ") + e.what());
  }
  s.running->state = State::DONE;
  leave();
  std::abort();
}

void prepare(Fiber& fiber) {
  if (fiber.stack == nullptr) {
    void* map = mmap(nullptr, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED || mprotect(map, PAGE, PROT_NONE) != 0) {
      std::abort();
    }
    fiber.stack = static_cast<unsigned char*>(map) + PAGE;
  }
#if KLIF_SIM_ASAN
  ASAN_UNPOISON_MEMORY_REGION(fiber.stack, STACK);
  fiber.fakeStack = nullptr;
#endif
#if defined(__x86_64__)
  void** top = reinterpret_cast<void**>(fiber.stack + STACK);
  *--top = nullptr;                                // the return address of fiberMain: none; a function's stack is aligned to 16 before it
  *--top = reinterpret_cast<void*>(&fiberMain);    // where klif_sim_switch returns to
  for (int i = 0; i < 6; i++) {
    *--top = nullptr;
  }
  fiber.place.stackPointer = top;
#else
  getcontext(&fiber.place.context);
  fiber.place.context.uc_stack.ss_sp = fiber.stack;
  fiber.place.context.uc_stack.ss_size = STACK;
  fiber.place.context.uc_link = nullptr;
  makecontext(&fiber.place.context, fiberMain, 0);
#endif
  fiber.state = State::READY;
}

unsigned warpBegin(const Fiber& fiber) { return fiber.thread.linear & ~31u; }

// All lanes of the mask have come: gives each its result. False when one is missing.
bool completeWarpOperation(Fiber& mine) {
  Scheduler& s = *active;
  Fiber* lanes = &s.fibers[warpBegin(mine)];
  for (unsigned lane = 0; lane < 32; lane++) {
    if ((mine.mask >> lane & 1) == 0) {
      continue;
    }
    const Fiber& other = lanes[lane];
    if (warpBegin(mine) + lane >= s.count || other.state == State::DONE) {
      fault("a warp operation's mask %08x names lane %u, which %s", mine.mask, lane,
            warpBegin(mine) + lane >= s.count ? "does not exist" : "has returned");
    }
    if (other.state != State::WARP || other.mask != mine.mask || other.operation != mine.operation) {
      return false;
    }
  }
  unsigned votes = 0;
  for (unsigned lane = 0; lane < 32; lane++) {
    if ((mine.mask >> lane & 1) != 0 && lanes[lane].value != 0) {
      votes |= 1u << lane;
    }
  }
  unsigned existing = s.count - warpBegin(mine) >= 32 ? 0xffffffffu : (1u << (s.count - warpBegin(mine))) - 1;
  for (unsigned lane = 0; lane < 32; lane++) {
    if ((mine.mask >> lane & 1) == 0) {
      continue;
    }
    Fiber& fiber = lanes[lane];
    if (fiber.operation == Operation::SHUFFLE) {
      unsigned from = static_cast<unsigned>(fiber.from) & 31;
      if ((mine.mask >> from & 1) == 0) {
        fault("lane %u reads by a shuffle lane %u, which is not in the mask %08x", lane, from, mine.mask);
      }
      fiber.result = lanes[from].value;
    } else {
      fiber.result = votes;
      if (fiber.operation == Operation::SYNC && (mine.mask & existing) == existing) {
        fiber.thread.warpEpoch++;
      }
    }
    fiber.state = State::READY;
  }
  return true;
}

uint64_t warpOperation(Operation operation, unsigned mask, uint64_t value, int from) {
  if (!inFiber()) {
    fault("warp operation in a kernel that is not declared with KLIF_KERNEL_BARRIER");
  }
  Fiber& mine = *active->running;
  if ((mask >> (mine.thread.linear & 31) & 1) == 0) {
    fault("a warp operation's mask %08x leaves out the lane that calls it", mask);
  }
  mine.operation = operation;
  mine.mask = mask;
  mine.value = value;
  mine.from = from;
  mine.state = State::WARP;
  if (!completeWarpOperation(mine)) {
    leave();
  }
  return mine.result;
}

// Runs the fibers of a warp until none can go on. Returns whether any ran.
bool runWarp(Scheduler& s, unsigned begin, bool backwards) {
  unsigned end = begin + 32 < s.count ? begin + 32 : s.count;
  bool any = false, ran;
  do {
    ran = false;
    for (unsigned i = begin; i < end; i++) {
      Fiber& fiber = s.fibers[backwards ? begin + end - 1 - i : i];
      if (fiber.state == State::READY && !s.launch->faulted) {
        enter(fiber);
        ran = true;
      }
    }
    any |= ran;
  } while (ran);
  return any;
}

// Every thread stands at a barrier, is done, or waits for lanes that do not come.
void release(Scheduler& s) {
  const Fiber* waiting = nullptr;
  const Fiber* other = nullptr;
  for (unsigned i = 0; i < s.count; i++) {
    const Fiber& fiber = s.fibers[i];
    if (fiber.state == State::WARP) {
      s.launch->report(&fiber.thread, "waits in a warp operation for lanes of its mask that never come");
      return;
    }
    if (fiber.state == State::BARRIER && waiting == nullptr) {
      waiting = &fiber;
    }
  }
  for (unsigned i = 0; i < s.count; i++) {
    const Fiber& fiber = s.fibers[i];
    // translated PTX has no file: there any barrier will do
    if (fiber.state != State::BARRIER || fiber.file != waiting->file || (fiber.file != nullptr && fiber.line != waiting->line)) {
      other = &fiber;
    }
  }
  if (other != nullptr) {
    s.launch->report(&waiting->thread, "waits at the barrier of line " + std::to_string(waiting->line) + ", but thread " +
                                           std::to_string(other->thread.linear) +
                                           (other->state == State::DONE ? " has returned"
                                                                        : " waits at line " + std::to_string(other->line)));
    return;
  }
  for (unsigned i = 0; i < s.count; i++) {
    s.fibers[i].state = State::READY;
    s.fibers[i].thread.epoch++;
  }
}

}  // namespace

bool inFiber() { return active != nullptr && active->running != nullptr; }

void abandonFiber(const char* sentence) {
  active->launch->report(current, sentence);
  active->running->state = State::DONE;
  leave();
  std::abort();
}

void runBlockWithFibers(Block& block, const Thread& first) {
  if (threadScheduler == nullptr) {
    threadScheduler = std::make_unique<Scheduler>();
  }
  Scheduler& s = *threadScheduler;
  active = &s;
  s.launch = block.launch;
  s.count = first.blockSize.x * first.blockSize.y * first.blockSize.z;
  for (unsigned i = 0; i < s.count; i++) {
    Fiber& fiber = s.fibers[i];
    prepare(fiber);
    fiber.thread = first;
    fiber.thread.index = {i % first.blockSize.x, i / first.blockSize.x % first.blockSize.y,
                          i / first.blockSize.x / first.blockSize.y};
    fiber.thread.linear = i;
    fiber.thread.epoch = 1;
    fiber.thread.warpEpoch = 0;
  }
  bool backwards = ((block.launch->seed + first.blockIndex.x) & 1) != 0;
  unsigned warps = (s.count + 31) / 32;
  for (bool alive = true; alive && !s.launch->faulted;) {
    for (unsigned w = 0; w < warps; w++) {
      runWarp(s, 32 * (backwards ? warps - 1 - w : w), backwards);
    }
    alive = false;
    for (unsigned i = 0; i < s.count; i++) {
      alive |= s.fibers[i].state != State::DONE;
    }
    if (alive && !s.launch->faulted) {
      release(s);
    }
  }
  active = nullptr;
  current = nullptr;
}

void syncBlock(const char* file, int line) {
  if (!inFiber()) {
    fault("__syncthreads() in a kernel that is not declared with KLIF_KERNEL_BARRIER (line %d)", line);
  }
  Fiber& mine = *active->running;
  mine.file = file;
  mine.line = line;
  mine.state = State::BARRIER;
  leave();
}

void syncBlockAnywhere(int line) { syncBlock(nullptr, line); }

void syncWarp(unsigned mask) { warpOperation(Operation::SYNC, mask, 0, 0); }

uint64_t exchange(unsigned mask, uint64_t mine, int from) { return warpOperation(Operation::SHUFFLE, mask, mine, from); }

unsigned ballot(unsigned mask, bool mine) {
  return static_cast<unsigned>(warpOperation(Operation::BALLOT, mask, mine ? 1 : 0, 0));
}

}  // namespace klif_sim
