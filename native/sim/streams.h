// Streams, events and graphs. Work is only queued; it runs when somebody waits for it or too much is queued, one operation after
// another, in an order that the streams' rules allow and KLIF_SIM_ORDER chooses. All functions are called with the driver's lock held.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim.h"

namespace klif_sim {

// Whether an operation has run, and when it ended.
struct Marker {
  bool done = false;
  double milliseconds = 0;
};

// What an operation needs until it has run, and a call of the host can take away: a module's code, page-locked memory.
struct Borrowed {
  const void* address;
  size_t bytes;
};

struct Operation {
  std::string name;
  std::vector<DeviceRange> ranges;
  std::vector<Borrowed> borrowed;
  std::function<void()> work;     // empty: only a mark in the stream
  std::function<void()> counted;  // in place of work where launches are only counted; mostly empty
  bool ofParts = false;           // a graph's launch: its work executes the parts, and these are counted
  std::vector<std::shared_ptr<Marker>> after;
  std::shared_ptr<Marker> mark = std::make_shared<Marker>();
};

struct Capture;

}  // namespace klif_sim

struct CUstream_st {
  std::deque<klif_sim::Operation> queue;
  std::shared_ptr<klif_sim::Marker> last;  // of the newest operation
  bool blocking = true;                    // ordered with the default stream
  int priority = 0;
  unsigned long long number = 0;
  std::shared_ptr<klif_sim::Capture> capture;
  bool joined = true;  // while captured: the origin has waited for all its work
};

struct CUevent_st {
  std::shared_ptr<klif_sim::Marker> mark;  // null before the first record
  bool timing = true;
  std::shared_ptr<klif_sim::Capture> capture;  // of the record, while captured
  CUstream_st* captured = nullptr;             // the stream of that record
};

struct CUgraph_st {
  std::vector<klif_sim::Operation> operations;
};

struct CUgraphExec_st {
  std::vector<klif_sim::Operation> operations;
};

namespace klif_sim {

struct Capture {
  CUstream_st* origin;
  int mode;
  unsigned long thread;
  std::vector<Operation> operations;
  std::set<CUstream_st*> streams;
  bool invalid = false;
};

// The stream a handle means (null, 1 and 2: the default stream); nullptr if there is none of that handle.
CUstream_st* streamOf(CUstream handle);
CUstream_st* createStream(bool blocking, int priority);
void destroyStream(CUstream_st* stream);
bool isEvent(const CUevent_st* event);
CUevent_st* createEvent(bool timing);
void destroyEvent(CUevent_st* event);

// Queues or records; a status of the driver API.
int put(CUstream_st* stream, Operation operation);
int recordEvent(CUevent_st* event, CUstream_st* stream);
int waitEvent(CUstream_st* stream, CUevent_st* event);

// Runs what has to run before the mark is reached; everything.
void runUntil(const std::shared_ptr<Marker>& mark);
void runAll();
// Runs one operation, if one can run.
void runOne();
bool idle(const CUstream_st* stream);
// Breaks the context where work still waits that uses what a call takes away; a driver need not wait for it. Work of other
// modules and memory does not matter: two devices of a process share one context.
void requireUnused(const char* call, const void* address, size_t bytes);

// Runs an operation's work unless the context is broken.
void execute(Operation& operation);

// Whether a stream is captured that the default stream waits for; that capture is spoilt.
bool spoilCaptureOfBlockingStream();
void leaveCapture(const std::shared_ptr<Capture>& capture);
void dropCaptures();
// The status for a call that must not happen while some stream is captured (0: none is); it spoils the capture.
int refuseWhileCapturing();
int beginCapture(CUstream_st* stream, int mode);
int endCapture(CUstream_st* stream, CUgraph_st** graph);
bool isGraph(const CUgraph_st* graph);
bool isGraphExec(const CUgraphExec_st* graph);
CUgraphExec_st* instantiate(const CUgraph_st* graph);
void destroyGraph(CUgraph_st* graph);
void destroyGraphExec(CUgraphExec_st* graph);
int launchGraph(CUgraphExec_st* graph, CUstream_st* stream);

// Forgets all streams, events, graphs and what is queued (the context goes).
void dropStreams();

// 0, or what a broken context answers; breaking it prints the sentence.
int brokenStatus();
void breakContext(int status, const std::string& sentence);
void repairContext();

// 0, or the status and a sentence if a range is not live device memory.
int checkRanges(const std::string& name, const std::vector<DeviceRange>& ranges);

// KLIF_SIM_ORDER
unsigned orderSeed();

}  // namespace klif_sim
