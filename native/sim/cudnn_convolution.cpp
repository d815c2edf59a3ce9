// The convolutions of the cuDNN stand-in: which algorithm supports what, workspace sizes, argument checks, and the three passes.

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <vector>

#include "cudnn.h"

extern "C" int cuStreamIsCapturing(CUstream stream, int* status);

namespace klif_sim {
namespace cudnn {
namespace {

/** cudnnConvolutionFwdAlgoPerf_t and its two sisters, which have the same fields. */
struct Performance {
  int algorithm;
  int status;
  float time;
  size_t memory;
  int determinism;
  int math;
  int reserved[3];
};

enum class Pass { kForward, kBackwardData, kBackwardFilter };

/** A convolution's descriptors as one pass names them: in (x or dx), filter (w or dw), out (y or dy). */
struct Problem {
  Pass pass;
  Handle* handle;
  Tensor* in;
  Filter* filter;
  Convolution* convolution;
  Tensor* out;
};

/** What an algorithm can do. */
struct Algorithm {
  int number;
  bool deterministic;
  bool channelsLast;
  /** Only 3x3 filters with stride 1. */
  bool winograd;
  /** Where it stands when measured; the heuristic has the order of the table. */
  int measuredRank;
  /** Whether it works with tensor cores; without them each does. */
  bool tensorCores;
};

constexpr int kPerImage = 1024;

// The heuristic ranks a non-deterministic algorithm first wherever there is one, as a trap.
const std::vector<Algorithm>& algorithms(Pass pass) {
  static const std::vector<Algorithm> forward = {
      {7, true, false, true, 1, true}, {1, true, true, false, 2, true}, {0, true, true, false, 0, false},
      {2, true, false, false, 3, true}};
  static const std::vector<Algorithm> backwardData = {
      {0, false, true, false, 2, true}, {5, true, false, true, 0, true}, {1, true, true, false, 1, true}};
  static const std::vector<Algorithm> backwardFilter = {
      {0, false, true, false, 3, true}, {3, false, false, false, 1, true}, {1, true, true, false, 2, true},
      {5, true, false, true, 0, false}};
  switch (pass) {
    case Pass::kForward: return forward;
    case Pass::kBackwardData: return backwardData;
    default: return backwardFilter;
  }
}

int algorithmCount(Pass pass) { return pass == Pass::kForward ? 8 : pass == Pass::kBackwardData ? 6 : 7; }

const Algorithm* find(Pass pass, int number) {
  for (const Algorithm& a : algorithms(pass)) {
    if (a.number == number) {
      return &a;
    }
  }
  return nullptr;
}

/** Set by klif_sim_cudnn_refuse_nhwc: no algorithm for channels last. */
std::atomic<bool> refuseChannelsLast{false};

/** Runs of non-deterministic algorithms, for each pass. */
std::atomic<long> executions[3];

/**
 * SUCCESS, or why an algorithm does not do a problem that is valid by itself. The real library has no one word for
 * it: of a math type that an algorithm has not it says BAD_PARAM.
 */
int supports(const Problem& p, const Algorithm* a, int math) {
  if (a == nullptr) return kNotSupported;
  if (math == kTensorMath && !a->tensorCores) return kBadParam;
  bool last = p.in->format == kNhwc;
  if (last && (refuseChannelsLast || !a->channelsLast)) return kNotSupportedLayout;
  const Convolution& c = *p.convolution;
  if (a->winograd && (p.filter->h != 3 || p.filter->w != 3 || c.strideHeight != 1 || c.strideWidth != 1 ||
                      c.dilationHeight != 1 || c.dilationWidth != 1)) {
    return kNotSupportedShape;
  }
  return kSuccess;
}

size_t workspaceBytes(const Problem& p, const Algorithm& a) {
  if (a.winograd) {
    return p.filter->bytes() * 4 + 65536;
  }
  if (p.pass == Pass::kForward && a.number == 0) {
    return 0;
  }
  if (p.pass == Pass::kForward && a.number == 2) {
    return size_t(1) << 63;  // the real library has been seen to ask for such sizes
  }
  return static_cast<size_t>(p.out->h) * p.out->w * 4 + kPerImage + (p.pass == Pass::kBackwardFilter ? p.filter->bytes() : 0);
}

int outSize(int in, int filter, int pad, int stride, int dilation) {
  return (in + 2 * pad - (dilation * (filter - 1) + 1)) / stride + 1;
}

/** SUCCESS where the descriptors belong together. */
int check(const char* call, const Problem& p) {
  if (p.handle == nullptr) return kBadParam;
  if (p.in == nullptr || p.filter == nullptr || p.convolution == nullptr || p.out == nullptr) {
    say("%s: a descriptor is missing or was destroyed", call);
    return kBadParam;
  }
  const Convolution& c = *p.convolution;
  if (!p.in->set || !p.filter->set || !c.set || !p.out->set) {
    say("%s: a descriptor was never set", call);
    return kBadParam;
  }
  if (p.in->type != p.filter->type || p.in->type != p.out->type) return kNotSupportedDataType;
  if (p.in->format != p.filter->format || p.in->format != p.out->format) return kNotSupportedLayout;
  if (c.groups != 1) return kNotSupported;
  if (p.filter->c != p.in->c || p.out->c != p.filter->n || p.out->n != p.in->n ||
      p.out->h != outSize(p.in->h, p.filter->h, c.padHeight, c.strideHeight, c.dilationHeight) ||
      p.out->w != outSize(p.in->w, p.filter->w, c.padWidth, c.strideWidth, c.dilationWidth)) {
    say("%s: input %d %d %d %d, filter %d %d %d %d and output %d %d %d %d do not fit", call, p.in->n, p.in->c, p.in->h,
        p.in->w, p.filter->n, p.filter->c, p.filter->h, p.filter->w, p.out->n, p.out->c, p.out->h, p.out->w);
    return kBadParam;
  }
  return kSuccess;
}

/** How the products read: float32 truly only with FMA math. */
Number readingOf(const Problem& p) {
  switch (p.in->type) {
    case kHalf: return Number::F16;
    case kBfloat16: return Number::BF16;
    default: return p.convolution->math == kFmaMath ? Number::F32 : Number::TF32;
  }
}

/** The math types that a list of algorithms has: with tensor cores and without. */
std::vector<int> mathTypes(const Problem& p) {
  if (p.convolution->math == kFmaMath) {
    return {kFmaMath};
  }
  return {kTensorMath, kFmaMath};
}

/** Fills a list as Get..._v7 (measured: Find...Ex) does; algorithms that cannot run come last, with the reason. */
int list(
    const char* call, const Problem& p, bool measured, size_t workspace, int requested, int* returned,
    Performance* results) {
  if (int status = check(call, p)) return status;
  if (requested < 1 || returned == nullptr || results == nullptr) return kBadParam;
  std::vector<Performance> good;
  std::vector<Performance> bad;
  for (int math : mathTypes(p)) {
    int rank = 0;
    for (const Algorithm& a : algorithms(p.pass)) {
      Performance entry = {a.number, supports(p, &a, math), -1, 0, a.deterministic ? 1 : 0, math, {0, 0, 0}};
      rank++;
      if (entry.status == kSuccess) {
        entry.memory = workspaceBytes(p, a);
        if (measured && entry.memory > workspace) {
          entry.status = kAllocFailed;
        }
      }
      if (entry.status == kSuccess) {
        float slower = math == kFmaMath && mathTypes(p).size() > 1 ? 10 : 0;
        entry.time = measured ? 0.01f * (1 + a.measuredRank) + slower : 0.01f * rank + slower;
        good.push_back(entry);
      } else {
        bad.push_back(entry);
      }
    }
  }
  std::stable_sort(good.begin(), good.end(), [](const Performance& a, const Performance& b) { return a.time < b.time; });
  good.insert(good.end(), bad.begin(), bad.end());
  *returned = std::min(requested, static_cast<int>(good.size()));
  std::copy_n(good.begin(), *returned, results);
  return kSuccess;
}

bool aligned(const void* address, size_t bytes) { return reinterpret_cast<uintptr_t>(address) % bytes == 0; }

/** Checks everything and queues one pass. */
int convolve(
    const char* call, const Problem& p, const void* alpha, void* in, void* filter, void* out, int algorithm,
    void* workspace, size_t workspaceSize, const void* beta) {
  if (int status = check(call, p)) return status;
  if (alpha == nullptr || beta == nullptr || in == nullptr || filter == nullptr || out == nullptr) return kNullPointer;
  if (isDeviceAddress(alpha) || isDeviceAddress(beta)) return kBadParam;
  const Algorithm* a = find(p.pass, algorithm);
  if (a == nullptr && (algorithm < 0 || algorithm >= algorithmCount(p.pass))) return kBadParam;
  if (int status = supports(p, a, p.convolution->math)) return status;
  size_t needed = workspaceBytes(p, *a);
  if (workspaceSize < needed || (workspace == nullptr && needed > 0)) {
    say("%s: algorithm %d needs a workspace of %zu bytes, not %zu", call, algorithm, needed, workspaceSize);
    return kSizeInsufficient;
  }
  if (!aligned(in, 16) || !aligned(filter, 16) || !aligned(out, 16) || !aligned(workspace, 16)) {
    say("%s: a pointer is not aligned to 16 bytes", call);
    return kMisalignedPointer;
  }
  const Convolution& c = *p.convolution;
  ConvolutionShape shape = {p.in->n,       p.in->c,          p.in->h,          p.in->w,       p.out->c,
                            p.out->h,      p.out->w,         p.filter->h,      p.filter->w,   c.padHeight,
                            c.padWidth,    c.strideHeight,   c.strideWidth,    c.dilationHeight, c.dilationWidth,
                            c.mode == kConvolution};
  ConvolutionData data = {in, filter, out, p.in->strides(), p.filter->strides(), p.out->strides(), readingOf(p),
                          *static_cast<const float*>(alpha), *static_cast<const float*>(beta), false};
  bool deterministic = a->deterministic;
  Pass pass = p.pass;
  std::vector<DeviceRange> ranges = {{"input", in, p.in->bytes()},
                                     {"filter", filter, p.filter->bytes()},
                                     {"output", out, p.out->bytes()},
                                     {"workspace", workspace, needed, true}};
  int status = enqueue(p.handle->stream, call, ranges, [shape, data, deterministic, pass] {
    ConvolutionData now = data;
    // a non-deterministic algorithm sums in one order and, the next time, in another
    now.reversed = !deterministic && executions[static_cast<int>(pass)]++ % 2 == 1;
    switch (pass) {
      case Pass::kForward: convolutionForward(shape, now); break;
      case Pass::kBackwardData: convolutionBackwardData(shape, now); break;
      case Pass::kBackwardFilter: convolutionBackwardFilter(shape, now); break;
    }
  });
  return status == 0 ? kSuccess : kExecutionFailedDriver;
}

/** Measures: refused while a graph is captured; runs the pass once, so that its result is overwritten. */
int measure(
    const char* call, const Problem& p, void* in, void* filter, void* out, int requested, int* returned,
    Performance* results, void* workspace, size_t workspaceSize) {
  if (int status = list(call, p, true, workspaceSize, requested, returned, results)) return status;
  int capturing = 0;
  if (cuStreamIsCapturing(p.handle->stream, &capturing) != 0 || capturing != 0) {
    say("%s: measuring is not possible while a graph is captured", call);
    return kExecutionFailed;
  }
  if (results[0].status != kSuccess) return kSuccess;
  const float one = 1;
  const float zero = 0;
  int asked = p.convolution->math;
  p.convolution->math = results[0].math;
  int status = convolve(call, p, &one, in, filter, out, results[0].algorithm, workspace, workspaceSize, &zero);
  p.convolution->math = asked;
  return status;
}

int sizeOf(const char* call, const Problem& p, int algorithm, size_t* bytes) {
  if (int status = plantedFault(call, kNotSupported)) return status;
  if (int status = check(call, p)) return status;
  if (bytes == nullptr) return kNullPointer;
  const Algorithm* a = find(p.pass, algorithm);
  if (int status = supports(p, a, p.convolution->math)) return status;
  *bytes = workspaceBytes(p, *a);
  return kSuccess;
}

/**
 * A planted fault of a call that lists algorithms. The count is 0; or, for INTERNAL_ERROR, any number, as a call
 * leaves it that fails before it looks at its arguments: JCuda then throws and the status is lost.
 */
int plantedInList(const char* call, int meant, int* returned) {
  int status = plantedFault(call, meant);
  if (status != 0 && returned != nullptr) {
    *returned = status == kInternalError ? INT_MAX : 0;
  }
  return status;
}

Problem problem(Pass pass, void* handle, void* in, void* filter, void* convolution, void* out) {
  return {pass,
          handles().find(handle),
          tensors().find(in),
          filters().find(filter),
          convolutions().find(convolution),
          tensors().find(out)};
}

}  // namespace
}  // namespace cudnn
}  // namespace klif_sim

using namespace klif_sim::cudnn;
using klif_sim::plantedFault;

KLIF_CUDNN int cudnnGetConvolutionForwardAlgorithm_v7(
    void* handle, void* x, void* w, void* convolution, void* y, int requested, int* returned, Performance* results) {
  const char* call = "cudnnGetConvolutionForwardAlgorithm_v7";
  if (int status = plantedInList(call, kNotSupported, returned)) return status;
  return list(call, problem(Pass::kForward, handle, x, w, convolution, y), false, 0, requested, returned, results);
}

KLIF_CUDNN int cudnnGetConvolutionBackwardDataAlgorithm_v7(
    void* handle, void* w, void* dy, void* convolution, void* dx, int requested, int* returned, Performance* results) {
  const char* call = "cudnnGetConvolutionBackwardDataAlgorithm_v7";
  if (int status = plantedInList(call, kNotSupported, returned)) return status;
  return list(call, problem(Pass::kBackwardData, handle, dx, w, convolution, dy), false, 0, requested, returned, results);
}

KLIF_CUDNN int cudnnGetConvolutionBackwardFilterAlgorithm_v7(
    void* handle, void* x, void* dy, void* convolution, void* dw, int requested, int* returned, Performance* results) {
  const char* call = "cudnnGetConvolutionBackwardFilterAlgorithm_v7";
  if (int status = plantedInList(call, kNotSupported, returned)) return status;
  return list(call, problem(Pass::kBackwardFilter, handle, x, dw, convolution, dy), false, 0, requested, returned, results);
}

KLIF_CUDNN int cudnnFindConvolutionForwardAlgorithmEx(
    void* handle, void* xDesc, void* x, void* wDesc, void* w, void* convolution, void* yDesc, void* y, int requested,
    int* returned, Performance* results, void* workspace, size_t bytes) {
  const char* call = "cudnnFindConvolutionForwardAlgorithmEx";
  if (int status = plantedInList(call, kExecutionFailed, returned)) return status;
  return measure(call, problem(Pass::kForward, handle, xDesc, wDesc, convolution, yDesc), x, w, y, requested, returned,
                 results, workspace, bytes);
}

KLIF_CUDNN int cudnnFindConvolutionBackwardDataAlgorithmEx(
    void* handle, void* wDesc, void* w, void* dyDesc, void* dy, void* convolution, void* dxDesc, void* dx, int requested,
    int* returned, Performance* results, void* workspace, size_t bytes) {
  const char* call = "cudnnFindConvolutionBackwardDataAlgorithmEx";
  if (int status = plantedInList(call, kExecutionFailed, returned)) return status;
  return measure(call, problem(Pass::kBackwardData, handle, dxDesc, wDesc, convolution, dyDesc), dx, w, dy, requested,
                 returned, results, workspace, bytes);
}

KLIF_CUDNN int cudnnFindConvolutionBackwardFilterAlgorithmEx(
    void* handle, void* xDesc, void* x, void* dyDesc, void* dy, void* convolution, void* dwDesc, void* dw, int requested,
    int* returned, Performance* results, void* workspace, size_t bytes) {
  const char* call = "cudnnFindConvolutionBackwardFilterAlgorithmEx";
  if (int status = plantedInList(call, kExecutionFailed, returned)) return status;
  return measure(call, problem(Pass::kBackwardFilter, handle, xDesc, dwDesc, convolution, dyDesc), x, dw, dy, requested,
                 returned, results, workspace, bytes);
}

KLIF_CUDNN int cudnnGetConvolutionForwardWorkspaceSize(
    void* handle, void* x, void* w, void* convolution, void* y, int algorithm, size_t* bytes) {
  return sizeOf("cudnnGetConvolutionForwardWorkspaceSize", problem(Pass::kForward, handle, x, w, convolution, y), algorithm,
                bytes);
}

KLIF_CUDNN int cudnnGetConvolutionBackwardDataWorkspaceSize(
    void* handle, void* w, void* dy, void* convolution, void* dx, int algorithm, size_t* bytes) {
  return sizeOf("cudnnGetConvolutionBackwardDataWorkspaceSize",
                problem(Pass::kBackwardData, handle, dx, w, convolution, dy), algorithm, bytes);
}

KLIF_CUDNN int cudnnGetConvolutionBackwardFilterWorkspaceSize(
    void* handle, void* x, void* dy, void* convolution, void* dw, int algorithm, size_t* bytes) {
  return sizeOf("cudnnGetConvolutionBackwardFilterWorkspaceSize",
                problem(Pass::kBackwardFilter, handle, x, dw, convolution, dy), algorithm, bytes);
}

KLIF_CUDNN int cudnnConvolutionForward(
    void* handle, const void* alpha, void* xDesc, void* x, void* wDesc, void* w, void* convolution, int algorithm,
    void* workspace, size_t bytes, const void* beta, void* yDesc, void* y) {
  const char* call = "cudnnConvolutionForward";
  if (int status = plantedFault(call, kExecutionFailed)) return status;
  return convolve(call, problem(Pass::kForward, handle, xDesc, wDesc, convolution, yDesc), alpha, x, w, y, algorithm,
                  workspace, bytes, beta);
}

KLIF_CUDNN int cudnnConvolutionBackwardData(
    void* handle, const void* alpha, void* wDesc, void* w, void* dyDesc, void* dy, void* convolution, int algorithm,
    void* workspace, size_t bytes, const void* beta, void* dxDesc, void* dx) {
  const char* call = "cudnnConvolutionBackwardData";
  if (int status = plantedFault(call, kExecutionFailed)) return status;
  return convolve(call, problem(Pass::kBackwardData, handle, dxDesc, wDesc, convolution, dyDesc), alpha, dx, w, dy,
                  algorithm, workspace, bytes, beta);
}

KLIF_CUDNN int cudnnConvolutionBackwardFilter(
    void* handle, const void* alpha, void* xDesc, void* x, void* dyDesc, void* dy, void* convolution, int algorithm,
    void* workspace, size_t bytes, const void* beta, void* dwDesc, void* dw) {
  const char* call = "cudnnConvolutionBackwardFilter";
  if (int status = plantedFault(call, kExecutionFailed)) return status;
  return convolve(call, problem(Pass::kBackwardFilter, handle, xDesc, dwDesc, convolution, dyDesc), alpha, x, dw, dy,
                  algorithm, workspace, bytes, beta);
}

// For tests: 1 = from now on no algorithm takes channels last, 0 = as usual.
KLIF_CUDNN void klif_sim_cudnn_refuse_nhwc(int refuse) { refuseChannelsLast = refuse != 0; }
