#include "streams.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "counting.h"
#include "kernels.h"
#include "memory.h"
#include "owned.h"
#include "status.h"

namespace klif_sim {
namespace {

struct State {
  CUstream_st defaultStream;
  std::vector<std::unique_ptr<CUstream_st>> streams;
  std::set<std::unique_ptr<CUevent_st>> events;
  size_t queued = 0;
  unsigned long long numbers = 0;  // of streams
  uint64_t random = 0;
  int broken = 0;
};

State& state() {
  static State* it = new State();
  return *it;
}

// More than this is never waiting: the oldest part runs then.
size_t queueBound() {
  static const size_t bound = [] {
    const char* wanted = std::getenv("KLIF_SIM_QUEUE");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 256ull;
  }();
  return bound;
}

bool checkAfterEach() {
  static const bool each = std::getenv("KLIF_SIM_CHECK") != nullptr;
  return each;
}

double milliseconds() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void runWork(void* of) {
  auto& operation = *static_cast<Operation*>(of);
  if (!counting() || operation.ofParts) {
    operation.work();
  } else if (operation.counted) {
    operation.counted();
  }
}

}  // namespace

void execute(Operation& operation) {
  State& s = state();
  if (s.broken == 0 && operation.work && checkRanges(operation.name, operation.ranges) == 0) {
    if (!operation.ofParts) {
      countOperation(operation.name);
    }
    try {
      std::string sentence = guarded(runWork, &operation);
      if (!sentence.empty()) {
        breakContext(ILLEGAL_ADDRESS, operation.name + ": " + sentence);
      }
    } catch (const WorkFault& fault) {
      breakContext(ILLEGAL_ADDRESS, fault.sentence);
    } catch (const std::exception& e) {
      breakContext(LAUNCH_FAILED, operation.name + ": " + e.what());
    }
    if (checkAfterEach() && s.broken == 0) {
      std::string sentence = checkGuards();
      if (!sentence.empty()) {
        breakContext(ILLEGAL_ADDRESS, operation.name + ": " + sentence);
      }
    }
  }
}

namespace {

bool ready(const CUstream_st& stream) {
  if (stream.queue.empty()) {
    return false;
  }
  const auto& after = stream.queue.front().after;
  return std::all_of(after.begin(), after.end(), [](const auto& mark) { return mark->done; });
}

// Runs one operation of a stream that the order's random numbers choose.
bool step() {
  State& s = state();
  std::vector<CUstream_st*> candidates;
  if (ready(s.defaultStream)) {
    candidates.push_back(&s.defaultStream);
  }
  for (auto& stream : s.streams) {
    if (ready(*stream)) {
      candidates.push_back(stream.get());
    }
  }
  if (candidates.empty()) {
    return false;
  }
  if (s.random == 0) {
    s.random = 0x9e3779b97f4a7c15ull * (orderSeed() + 1);
  }
  s.random ^= s.random << 13;
  s.random ^= s.random >> 7;
  s.random ^= s.random << 17;
  CUstream_st* stream = candidates[(s.random >> 32) % candidates.size()];
  Operation operation = std::move(stream->queue.front());
  stream->queue.pop_front();
  s.queued--;
  execute(operation);
  operation.mark->done = true;
  operation.mark->milliseconds = milliseconds();
  return true;
}

}  // namespace

unsigned orderSeed() {
  static const unsigned seed = [] {
    const char* wanted = std::getenv("KLIF_SIM_ORDER");
    return wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : 1u;
  }();
  return seed;
}

CUstream_st* streamOf(CUstream handle) {
  State& s = state();
  if (reinterpret_cast<uintptr_t>(handle) <= 2) {
    return &s.defaultStream;
  }
  for (auto& stream : s.streams) {
    if (stream.get() == handle) {
      return handle;
    }
  }
  return nullptr;
}

CUstream_st* createStream(bool blocking, int priority) {
  State& s = state();
  s.streams.push_back(std::make_unique<CUstream_st>());
  CUstream_st* stream = s.streams.back().get();
  stream->blocking = blocking;
  stream->priority = priority;
  stream->number = ++s.numbers;
  return stream;
}

void destroyStream(CUstream_st* stream) {
  if (stream->capture != nullptr) {
    stream->capture->invalid = true;
    leaveCapture(stream->capture);
  }
  runUntil(stream->last);  // its work still happens
  auto& streams = state().streams;
  streams.erase(std::remove_if(streams.begin(), streams.end(), [stream](const auto& it) { return it.get() == stream; }), streams.end());
}

bool isEvent(const CUevent_st* event) { return contains(state().events, event); }

CUevent_st* createEvent(bool timing) {
  CUevent_st* event = add(state().events);
  event->timing = timing;
  return event;
}

void destroyEvent(CUevent_st* event) { erase(state().events, event); }

int put(CUstream_st* stream, Operation operation) {
  State& s = state();
  if (s.broken != 0) {
    return s.broken;
  }
  int status = checkRanges(operation.name, operation.ranges);
  if (status != 0) {
    return status;
  }
  if (stream->capture != nullptr) {
    if (stream->capture->invalid) {
      return CAPTURE_INVALIDATED;
    }
    stream->joined = stream == stream->capture->origin;
    stream->capture->operations.push_back(std::move(operation));
    return 0;
  }
  bool isDefault = stream == &s.defaultStream;
  if (isDefault) {
    if (spoilCaptureOfBlockingStream()) {
      say("%s: work on the default stream while a stream is captured", operation.name.c_str());
      return CAPTURE_IMPLICIT;
    }
    for (auto& other : s.streams) {
      if (other->blocking && other->last != nullptr && !other->last->done) {
        operation.after.push_back(other->last);
      }
    }
  } else if (stream->blocking && s.defaultStream.last != nullptr && !s.defaultStream.last->done) {
    operation.after.push_back(s.defaultStream.last);
  }
  stream->last = operation.mark;
  stream->queue.push_back(std::move(operation));
  s.queued++;
  while (s.queued > queueBound() && step()) {
  }
  return 0;
}

int recordEvent(CUevent_st* event, CUstream_st* stream) {
  if (stream->capture != nullptr) {
    event->capture = stream->capture;
    event->captured = stream;
    event->mark = nullptr;
    return 0;
  }
  Operation operation;
  operation.name = "cuEventRecord";
  auto mark = operation.mark;
  int status = put(stream, std::move(operation));
  if (status == 0) {
    event->mark = mark;
    event->capture = nullptr;
  }
  return status;
}

int waitEvent(CUstream_st* stream, CUevent_st* event) {
  if (event->capture != nullptr) {
    if (stream->capture != nullptr && stream->capture != event->capture) {
      stream->capture->invalid = true;
      return CAPTURE_ISOLATION;
    }
    if (stream->capture == nullptr) {  // the stream joins the capture
      stream->capture = event->capture;
      event->capture->streams.insert(stream);
      stream->joined = false;
    } else {
      event->captured->joined = true;
    }
    return 0;
  }
  if (stream->capture != nullptr) {
    if (event->mark == nullptr) {
      return 0;
    }
    stream->capture->invalid = true;
    return CAPTURE_ISOLATION;
  }
  if (event->mark == nullptr || event->mark->done) {
    return 0;
  }
  Operation operation;
  operation.name = "cuStreamWaitEvent";
  operation.after.push_back(event->mark);
  return put(stream, std::move(operation));
}

void runUntil(const std::shared_ptr<Marker>& mark) {
  while (mark != nullptr && !mark->done && step()) {
  }
}

void runAll() {
  while (step()) {
  }
}

void runOne() { step(); }

namespace {

size_t waitingFor(const CUstream_st& stream, const void* address, size_t bytes) {
  auto begin = reinterpret_cast<uintptr_t>(address);
  return static_cast<size_t>(std::count_if(stream.queue.begin(), stream.queue.end(), [&](const Operation& operation) {
    return std::any_of(operation.borrowed.begin(), operation.borrowed.end(), [&](const Borrowed& b) {
      auto at = reinterpret_cast<uintptr_t>(b.address);
      return at < begin + bytes && begin < at + b.bytes;
    });
  }));
}

}  // namespace

void requireUnused(const char* call, const void* address, size_t bytes) {
  State& s = state();
  size_t waiting = waitingFor(s.defaultStream, address, bytes);
  for (auto& stream : s.streams) {
    waiting += waitingFor(*stream, address, bytes);
  }
  if (waiting > 0 && brokenStatus() == 0) {
    breakContext(ILLEGAL_ADDRESS, std::string(call) + " while " + std::to_string(waiting) +
                                      " operations wait that use what it takes away; synchronise first");
  }
}

bool idle(const CUstream_st* stream) { return stream->queue.empty(); }

void dropStreams() {
  State& s = state();
  dropCaptures();
  s.streams.clear();
  s.events.clear();
  s.defaultStream = CUstream_st();
  s.queued = 0;
}

int brokenStatus() { return state().broken; }

void breakContext(int status, const std::string& sentence) {
  if (state().broken == 0) {
    state().broken = status;
    say("%s", sentence.c_str());
  }
}

void repairContext() { state().broken = 0; }

int checkRanges(const std::string& name, const std::vector<DeviceRange>& ranges) {
  for (const DeviceRange& range : ranges) {
    if (range.bytes == 0 || (range.nullable && range.address == nullptr)) {
      continue;
    }
    long long there = inDeviceRange(range.address) ? bytesToEnd(range.address) : -1;
    if (there >= 0 && static_cast<unsigned long long>(there) >= range.bytes) {
      continue;
    }
    std::string sentence = name + ": " + range.name + " is ";
    if (there >= 0) {
      sentence += "too small: " + std::to_string(range.bytes) + " bytes wanted, " + std::to_string(there) + " there";
    } else if (range.address == nullptr) {
      sentence += "null";
    } else {
      char address[32];
      std::snprintf(address, sizeof address, "%p", range.address);
      sentence += std::string(address) + (inDeviceRange(range.address) ? ", where no array lives (freed?)" : ", which is not device memory");
    }
    breakContext(ILLEGAL_ADDRESS, sentence);
    return ILLEGAL_ADDRESS;
  }
  return 0;
}

}  // namespace klif_sim
