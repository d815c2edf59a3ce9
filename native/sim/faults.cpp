// Counting of calls, planted faults, messages.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "kernels.h"
#include "memory.h"
#include "sim.h"

namespace klif_sim {
namespace {

struct Planned {
  std::string call;
  long number;
  int status;  // -1: the call's own
};

struct Faults {
  std::mutex lock;
  bool fromEnvironment = false;
  std::vector<Planned> plan;
  std::map<std::string, long> calls;
};

Faults& faults() {
  static Faults* it = new Faults();
  return *it;
}

// "cuMemAlloc:3=2,cublasSgemm:1"
void setPlan(Faults& f, const char* plan) {
  f.plan.clear();
  f.calls.clear();
  std::string rest = plan == nullptr ? "" : plan;
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string one = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    size_t colon = one.rfind(':'), equal = one.rfind('=');
    Planned planned{one.substr(0, colon), 1, -1};
    if (colon != std::string::npos) {
      planned.number = std::atol(one.c_str() + colon + 1);
      if (equal != std::string::npos && equal > colon) {
        planned.status = std::atoi(one.c_str() + equal + 1);
      }
    }
    if (planned.call.empty() || planned.number < 1) {
      say("KLIF_SIM_FAIL: \"%s\" is not of the form call:n or call:n=status; ignored", one.c_str());
    } else {
      f.plan.push_back(planned);
    }
  }
}

void readEnvironment(Faults& f) {
  if (!f.fromEnvironment) {
    f.fromEnvironment = true;
    setPlan(f, std::getenv("KLIF_SIM_FAIL"));
  }
}

}  // namespace

int plantedFault(const char* call, int status) {
  Faults& f = faults();
  std::lock_guard<std::mutex> guard(f.lock);
  readEnvironment(f);
  long number = ++f.calls[call];
  for (const Planned& planned : f.plan) {
    if (planned.number == number && planned.call == call) {
      int given = planned.status < 0 ? status : planned.status;
      say("planted fault: call %ld of %s gives %d", number, call, given);
      return given;
    }
  }
  return 0;
}

void say(const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "[stand-in driver] %s\n", line);
}

void failWork(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  throw WorkFault{line};
}

void parallelParts(int parts, const std::function<void(int)>& body) {
  runParts(parts, &body, [](const void* function, int number) { (*static_cast<const std::function<void(int)>*>(function))(number); });
}

}  // namespace klif_sim

void klif_sim_fail(const char* plan) {
  klif_sim::Faults& f = klif_sim::faults();
  std::lock_guard<std::mutex> guard(f.lock);
  f.fromEnvironment = true;
  klif_sim::setPlan(f, plan);
}

long klif_sim_calls(const char* call) {
  klif_sim::Faults& f = klif_sim::faults();
  std::lock_guard<std::mutex> guard(f.lock);
  auto it = f.calls.find(call);
  return it == f.calls.end() ? 0 : it->second;
}

long klif_sim_call_list(char* to, long size) {
  klif_sim::Faults& f = klif_sim::faults();
  std::lock_guard<std::mutex> guard(f.lock);
  std::string list;
  for (auto& [call, number] : f.calls) {
    list += call + " " + std::to_string(number) + "\n";
  }
  if (to != nullptr && size > 0) {
    size_t n = list.size() < static_cast<size_t>(size) ? list.size() : static_cast<size_t>(size) - 1;
    std::memcpy(to, list.data(), n);
    to[n] = 0;
  }
  return static_cast<long>(list.size()) + 1;
}
