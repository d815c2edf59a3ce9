#include "pool.h"

#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <thread>

#include "blocks.h"
#include "memory.h"

namespace klif_sim {

__thread Escape* escape = nullptr;

namespace {

struct Pool {
  std::mutex lock;
  std::condition_variable wake, finished;
  void (*body)(void*, int) = nullptr;
  void* argument = nullptr;
  int wanted = 0, taken = 0, running = 0, threads = 0;

  void work() {
    std::unique_lock<std::mutex> guard(lock);
    for (;;) {
      wake.wait(guard, [this] { return taken < wanted; });
      int number = ++taken;
      running++;
      guard.unlock();
      body(argument, number);
      guard.lock();
      running--;
      finished.notify_all();
    }
  }
};

// Never destroyed: its threads outlive main.
Pool& pool() {
  static Pool* it = new Pool();
  return *it;
}

#if defined(__x86_64__)

struct sigaction previousSegv, previousBus, previousFpe;

__thread char signalSentence[160];

// Entered instead of the instruction that faulted, on the same stack.
void afterSignal() {
  if (inFiber()) {
    abandonFiber(signalSentence);
  }
  if (current != nullptr) {  // a thread of a kernel, whose place in the grid is lost after the jump
    current->block->launch->report(current, signalSentence);
  }
  escape->sentence = signalSentence;
  std::longjmp(escape->target, 1);
}

void handle(int number, siginfo_t* info, void* context) {
  if (escape == nullptr) {
    const struct sigaction& old = number == SIGSEGV ? previousSegv : number == SIGBUS ? previousBus : previousFpe;
    if ((old.sa_flags & SA_SIGINFO) != 0) {
      old.sa_sigaction(number, info, context);
    } else if (old.sa_handler == SIG_DFL) {
      signal(number, SIG_DFL);  // the instruction faults again and ends the process
    } else if (old.sa_handler != SIG_IGN) {
      old.sa_handler(number);
    }
    return;
  }
  if (number == SIGFPE) {
    std::snprintf(signalSentence, sizeof signalSentence, "division by zero");
  } else {
    describeAddress(info->si_addr, signalSentence, sizeof signalSentence);
  }
  mcontext_t& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
  uint64_t stack = static_cast<uint64_t>(machine.gregs[REG_RSP]) - 256;  // past the red zone
  machine.gregs[REG_RSP] = static_cast<greg_t>((stack & ~15ull) - 8);
  machine.gregs[REG_RIP] = static_cast<greg_t>(reinterpret_cast<uint64_t>(&afterSignal));
}

void install(int number, struct sigaction& previous) {
  sigaction(number, nullptr, &previous);
  struct sigaction mine = previous;
  mine.sa_sigaction = handle;
  mine.sa_flags = (previous.sa_flags | SA_SIGINFO) & ~(SA_RESETHAND | SA_ONSTACK);
  if ((previous.sa_flags & SA_ONSTACK) != 0) {
    mine.sa_flags |= SA_ONSTACK;
  }
  sigaction(number, &mine, nullptr);
}

#endif

struct Parts {
  const void* body;
  void (*part)(const void*, int);
  int parts;
  std::atomic<int> next{0};
  std::mutex lock;
  std::exception_ptr thrown;
  std::string broken;
};

void runSomeParts(void* argument) {
  Parts& parts = *static_cast<Parts*>(argument);
  try {
    for (int i = parts.next++; i < parts.parts; i = parts.next++) {
      parts.part(parts.body, i);
    }
  } catch (...) {
    std::lock_guard<std::mutex> guard(parts.lock);
    parts.thrown = std::current_exception();
    parts.next = parts.parts;
  }
}

}  // namespace

void installSignalHandler() {
#if defined(__x86_64__)
  static bool done = false;
  if (!done) {
    done = true;
    install(SIGSEGV, previousSegv);
    install(SIGBUS, previousBus);
    install(SIGFPE, previousFpe);
  }
#endif
}

int poolThreads() {
  static const int threads = [] {
    const char* wanted = std::getenv("KLIF_SIM_THREADS");
    int n = wanted != nullptr ? std::atoi(wanted) : static_cast<int>(std::min(2u, std::thread::hardware_concurrency()));
    return std::clamp(n, 1, 64);
  }();
  return threads;
}

void runOnPool(int workers, void (*body)(void*, int), void* argument) {
  static std::mutex oneAtATime;
  std::unique_lock<std::mutex> mine(oneAtATime, std::defer_lock);
  if (workers <= 1 || !mine.try_lock()) {
    body(argument, 0);  // work inside work stays on its thread
    return;
  }
  Pool& p = pool();
  std::unique_lock<std::mutex> guard(p.lock);
  p.body = body;
  p.argument = argument;
  p.taken = 0;
  p.wanted = workers - 1;
  for (; p.threads < workers - 1; p.threads++) {
    std::thread([&p] { p.work(); }).detach();
  }
  p.wake.notify_all();
  guard.unlock();
  body(argument, 0);
  guard.lock();
  p.wanted = p.taken;  // who has not woken yet is not needed any more
  p.finished.wait(guard, [&p] { return p.running == 0; });
}

std::string guarded(void (*body)(void*), void* argument) {
  Escape mine;
  Escape* outer = escape;
  escape = &mine;
  if (setjmp(mine.target) == 0) {
    try {
      body(argument);
    } catch (...) {
      escape = outer;
      throw;
    }
  }
  escape = outer;
  return mine.sentence;
}

void runParts(int count, const void* body, void (*part)(const void*, int)) {
  Parts parts{body, part, count, {}, {}, {}, {}};
  runOnPool(std::min(count, poolThreads()), [](void* argument, int) {
    std::string broken = guarded(runSomeParts, argument);
    if (!broken.empty()) {
      Parts& parts = *static_cast<Parts*>(argument);
      std::lock_guard<std::mutex> guard(parts.lock);
      parts.broken = broken;
      parts.next = parts.parts;
    }
  }, &parts);
  if (parts.thrown != nullptr) {
    std::rethrow_exception(parts.thrown);
  }
  if (!parts.broken.empty()) {
    throw WorkFault{parts.broken};
  }
}

}  // namespace klif_sim
