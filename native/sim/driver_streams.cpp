// Exported functions: streams, events, graphs.
#include "driver.h"

#include <algorithm>

using namespace klif_sim;

namespace {

int guardsIntact() {
  std::string damage = checkGuards();
  if (!damage.empty()) {
    breakContext(ILLEGAL_ADDRESS, damage);
  }
  return brokenStatus();
}

int make(Call& call, CUstream* stream, unsigned flags, int priority) {
  if (call.status == 0) {
    *stream = createStream((flags & 1) == 0, priority);
  }
  return call.status;
}

}  // namespace

EXPORT cuStreamCreate(CUstream* stream, unsigned flags) {
  Call call("cuStreamCreate", Needs::CONTEXT);
  return make(call, stream, flags, 0);
}

EXPORT cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
  Call call("cuStreamCreateWithPriority", Needs::CONTEXT);
  return make(call, stream, flags, priority);
}

EXPORT cuStreamDestroy_v2(CUstream handle) {
  Call call("cuStreamDestroy", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr || stream == streamOf(nullptr)) {
    return INVALID_HANDLE;
  }
  destroyStream(stream);
  return brokenStatus();
}

EXPORT cuStreamSynchronize(CUstream handle) {
  Call call("cuStreamSynchronize", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    stream->capture->invalid = true;
    return CAPTURE_UNSUPPORTED;
  }
  if (stream == streamOf(nullptr)) {
    runAll();
  } else {
    runUntil(stream->last);
  }
  return guardsIntact();
}

EXPORT cuStreamQuery(CUstream handle) {
  Call call("cuStreamQuery", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (stream->capture != nullptr) {
    stream->capture->invalid = true;
    return CAPTURE_UNSUPPORTED;
  }
  if (idle(stream)) {
    return brokenStatus();
  }
  runOne();  // so that whoever polls comes to an end
  return NOT_READY;
}

EXPORT cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  Call call("cuStreamWaitEvent", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  return stream == nullptr || !isEvent(event) ? INVALID_HANDLE : waitEvent(stream, event);
}

EXPORT cuStreamGetFlags(CUstream handle, unsigned* flags) {
  Call call("cuStreamGetFlags", Needs::CONTEXT);
  CUstream_st* stream = streamOf(handle);
  if (call.status == 0 && stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (call.status == 0) {
    *flags = stream->blocking ? 0 : 1;
  }
  return call.status;
}

EXPORT cuStreamGetPriority(CUstream handle, int* priority) {
  Call call("cuStreamGetPriority", Needs::CONTEXT);
  CUstream_st* stream = streamOf(handle);
  if (call.status == 0 && stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (call.status == 0) {
    *priority = stream->priority;
  }
  return call.status;
}

EXPORT cuStreamGetCtx(CUstream handle, CUcontext* context) {
  Call call("cuStreamGetCtx", Needs::CONTEXT);
  if (call.status == 0 && streamOf(handle) == nullptr) {
    return INVALID_HANDLE;
  }
  if (call.status == 0) {
    *context = currentContext();
  }
  return call.status;
}

EXPORT cuEventCreate(CUevent* event, unsigned flags) {
  Call call("cuEventCreate", Needs::CONTEXT);
  if (call.status == 0) {
    *event = createEvent((flags & 2) == 0);
  }
  return call.status;
}

EXPORT cuEventDestroy_v2(CUevent event) {
  Call call("cuEventDestroy", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0 && !isEvent(event)) {
    return INVALID_HANDLE;
  }
  if (call.status == 0) {
    destroyEvent(event);
  }
  return call.status;
}

EXPORT cuEventRecord(CUevent event, CUstream handle) {
  Call call("cuEventRecord", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  return stream == nullptr || !isEvent(event) ? INVALID_HANDLE : recordEvent(event, stream);
}

EXPORT cuEventSynchronize(CUevent event) {
  Call call("cuEventSynchronize", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isEvent(event)) {
    return INVALID_HANDLE;
  }
  if (event->capture != nullptr) {
    event->capture->invalid = true;
    return CAPTURED_EVENT;
  }
  runUntil(event->mark);
  return guardsIntact();
}

EXPORT cuEventQuery(CUevent event) {
  Call call("cuEventQuery", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isEvent(event)) {
    return INVALID_HANDLE;
  }
  if (event->capture != nullptr) {
    event->capture->invalid = true;
    return CAPTURED_EVENT;
  }
  if (event->mark == nullptr || event->mark->done) {
    return brokenStatus();
  }
  runOne();
  return NOT_READY;
}

EXPORT cuEventElapsedTime(float* milliseconds, CUevent begin, CUevent end) {
  Call call("cuEventElapsedTime", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  if (!isEvent(begin) || !isEvent(end) || !begin->timing || !end->timing || begin->mark == nullptr || end->mark == nullptr) {
    return INVALID_HANDLE;
  }
  if (!begin->mark->done || !end->mark->done) {
    return NOT_READY;
  }
  *milliseconds = static_cast<float>(end->mark->milliseconds - begin->mark->milliseconds);
  return SUCCESS;
}

EXPORT cuStreamBeginCapture_v2(CUstream handle, int mode) {
  Call call("cuStreamBeginCapture", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  return stream == nullptr ? INVALID_HANDLE : beginCapture(stream, mode);
}

EXPORT cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  Call call("cuStreamEndCapture", Needs::CONTEXT_EVEN_BROKEN);
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr) {
    return INVALID_HANDLE;
  }
  int status = endCapture(stream, graph);  // also after a planted fault: the stream must be usable again
  return call.status != 0 ? call.status : status;
}

EXPORT cuStreamIsCapturing(CUstream handle, int* status) {
  Call call("cuStreamIsCapturing", Needs::CONTEXT);
  CUstream_st* stream = streamOf(handle);
  if (call.status == 0 && stream == nullptr) {
    return INVALID_HANDLE;
  }
  if (call.status == 0) {
    *status = stream->capture == nullptr ? 0 : stream->capture->invalid ? 2 : 1;
  }
  return call.status;
}

EXPORT cuGraphInstantiateWithFlags(CUgraphExec* made, CUgraph graph, unsigned long long) {
  Call call("cuGraphInstantiate", Needs::CONTEXT);
  if (call.status == 0 && !isGraph(graph)) {
    return INVALID_VALUE;
  }
  if (call.status == 0) {
    *made = instantiate(graph);
  }
  return call.status;
}

EXPORT cuGraphLaunch(CUgraphExec graph, CUstream handle) {
  Call call("cuGraphLaunch", Needs::CONTEXT);
  if (call.status != 0) {
    return call.status;
  }
  CUstream_st* stream = streamOf(handle);
  if (stream == nullptr || !isGraphExec(graph)) {
    return stream == nullptr ? INVALID_HANDLE : INVALID_VALUE;
  }
  return launchGraph(graph, stream);
}

EXPORT cuGraphUpload(CUgraphExec graph, CUstream) {
  Call call("cuGraphUpload", Needs::CONTEXT);
  return call.status == 0 && !isGraphExec(graph) ? static_cast<int>(INVALID_VALUE) : call.status;
}

EXPORT cuGraphDestroy(CUgraph graph) {
  Call call("cuGraphDestroy", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0 && !isGraph(graph)) {
    return INVALID_VALUE;
  }
  if (call.status == 0) {
    destroyGraph(graph);
  }
  return call.status;
}

EXPORT cuGraphExecDestroy(CUgraphExec graph) {
  Call call("cuGraphExecDestroy", Needs::CONTEXT_EVEN_BROKEN);
  if (call.status == 0 && !isGraphExec(graph)) {
    return INVALID_VALUE;
  }
  if (call.status == 0) {
    destroyGraphExec(graph);
  }
  return call.status;
}

// Only the number of nodes; their handles are opaque marks.
EXPORT cuGraphGetNodes(CUgraph graph, void** nodes, size_t* count) {
  Call call("cuGraphGetNodes", Needs::CONTEXT);
  if (call.status == 0 && !isGraph(graph)) {
    return INVALID_VALUE;
  }
  if (call.status == 0) {
    size_t all = graph->operations.size();
    for (size_t i = 0; nodes != nullptr && i < *count; i++) {
      nodes[i] = i < all ? &graph->operations[i] : nullptr;
    }
    *count = nodes == nullptr ? all : std::min(*count, all);
  }
  return call.status;
}
