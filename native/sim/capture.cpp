// Capture of streams into graphs, and graphs.
#include <sys/syscall.h>
#include <unistd.h>

#include "owned.h"
#include "status.h"
#include "streams.h"

namespace klif_sim {
namespace {

struct Captured {
  std::vector<std::shared_ptr<Capture>> captures;  // going on
  std::set<std::unique_ptr<CUgraph_st>> graphs;
  std::set<std::unique_ptr<CUgraphExec_st>> instances;
};

Captured& state() {
  static Captured* it = new Captured();
  return *it;
}

std::shared_ptr<Capture> activeCapture() {
  unsigned long thread = static_cast<unsigned long>(syscall(SYS_gettid));
  for (auto& capture : state().captures) {
    // 0: any thread's unsafe call spoils it, 1: only this thread's, 2: none
    if (capture->mode == 0 || (capture->mode == 1 && capture->thread == thread)) {
      return capture;
    }
  }
  return nullptr;
}

}  // namespace

void leaveCapture(const std::shared_ptr<Capture>& capture) {
  for (CUstream_st* stream : capture->streams) {
    stream->capture = nullptr;
    stream->joined = true;
  }
  auto& captures = state().captures;
  captures.erase(std::remove(captures.begin(), captures.end(), capture), captures.end());
}

bool spoilCaptureOfBlockingStream() {
  for (auto& capture : state().captures) {
    if (capture->origin->blocking) {
      capture->invalid = true;
      return true;
    }
  }
  return false;
}

void dropCaptures() {
  state().captures.clear();
  state().graphs.clear();
  state().instances.clear();
}

int refuseWhileCapturing() {
  auto capture = activeCapture();
  if (capture == nullptr) {
    return 0;
  }
  capture->invalid = true;
  return CAPTURE_UNSUPPORTED;
}

int beginCapture(CUstream_st* stream, int mode) {
  if (stream == streamOf(nullptr)) {
    return CAPTURE_UNSUPPORTED;
  }
  if (stream->capture != nullptr) {
    return ILLEGAL_STATE;
  }
  auto capture = std::make_shared<Capture>();
  capture->origin = stream;
  capture->mode = mode;
  capture->thread = static_cast<unsigned long>(syscall(SYS_gettid));
  capture->streams.insert(stream);
  stream->capture = capture;
  stream->joined = true;
  state().captures.push_back(capture);
  return 0;
}

int endCapture(CUstream_st* stream, CUgraph_st** graph) {
  auto capture = stream->capture;
  *graph = nullptr;
  if (capture == nullptr) {
    return ILLEGAL_STATE;
  }
  if (capture->origin != stream) {
    return CAPTURE_UNMATCHED;
  }
  bool joined = std::all_of(capture->streams.begin(), capture->streams.end(), [](const CUstream_st* it) { return it->joined; });
  leaveCapture(capture);
  if (capture->invalid) {
    return CAPTURE_INVALIDATED;
  }
  if (!joined) {
    return CAPTURE_UNJOINED;
  }
  *graph = add(state().graphs);
  (*graph)->operations = std::move(capture->operations);
  return 0;
}

bool isGraph(const CUgraph_st* graph) { return contains(state().graphs, graph); }

bool isGraphExec(const CUgraphExec_st* graph) { return contains(state().instances, graph); }

CUgraphExec_st* instantiate(const CUgraph_st* graph) {
  CUgraphExec_st* made = add(state().instances);
  made->operations = graph->operations;
  return made;
}

void destroyGraph(CUgraph_st* graph) { erase(state().graphs, graph); }

void destroyGraphExec(CUgraphExec_st* graph) {
  runAll();  // queued launches hold its operations
  erase(state().instances, graph);
}

int launchGraph(CUgraphExec_st* graph, CUstream_st* stream) {
  if (stream->capture != nullptr) {
    stream->capture->invalid = true;
    return CAPTURE_UNSUPPORTED;
  }
  Operation operation;
  operation.name = "cuGraphLaunch";
  for (const Operation& part : graph->operations) {
    operation.borrowed.insert(operation.borrowed.end(), part.borrowed.begin(), part.borrowed.end());
  }
  operation.ofParts = true;
  operation.work = [graph] {
    for (Operation& part : graph->operations) {
      execute(part);
    }
  };
  return put(stream, std::move(operation));
}

}  // namespace klif_sim
