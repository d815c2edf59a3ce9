// A stand-in for the part of cuDNN 9 that Klif calls: handles and descriptors. Convolutions are in cudnn_convolution.cpp; everything
// else answers NOT_SUPPORTED (cudnn-symbols.txt).

#include "cudnn.h"

#include <climits>

namespace klif_sim {
namespace cudnn {

Objects<Handle>& handles() {
  static auto* const all = new Objects<Handle>();
  return *all;
}

Objects<Tensor>& tensors() {
  static auto* const all = new Objects<Tensor>();
  return *all;
}

Objects<Filter>& filters() {
  static auto* const all = new Objects<Filter>();
  return *all;
}

Objects<Convolution>& convolutions() {
  static auto* const all = new Objects<Convolution>();
  return *all;
}

namespace {

template <typename T>
int create(const char* call, Objects<T>& all, void** object) {
  if (int status = plantedFault(call, kAllocFailed)) return status;
  if (object == nullptr) return kNullPointer;
  *object = all.create();
  return kSuccess;
}

template <typename T>
int destroy(const char* call, Objects<T>& all, void* object) {
  if (int status = plantedFault(call, kBadParam)) return status;
  if (object == nullptr) return kSuccess;
  return all.destroy(object) ? kSuccess : kBadParam;
}

int setShape(const char* call, Shape4* shape, int format, int type, int n, int c, int h, int w) {
  if (int status = plantedFault(call, kBadParam)) return status;
  if (shape == nullptr || n < 1 || c < 1 || h < 1 || w < 1 || format < kNchw || format > 2) {
    say("%s: format %d, sizes %d %d %d %d", call, format, n, c, h, w);
    return kBadParam;
  }
  if (type != kFloat && type != kHalf && type != kBfloat16) return kNotSupportedDataType;
  if (format != kNchw && format != kNhwc) return kNotSupportedLayout;
  Shape4 wanted;
  wanted.set = true;
  wanted.type = type;
  wanted.format = format;
  wanted.n = n;
  wanted.c = c;
  wanted.h = h;
  wanted.w = w;
  if (wanted.elements() > INT_MAX) {
    say("%s: %lld elements, more than 2^31 - 1", call, wanted.elements());
    return kNotSupported;
  }
  *shape = wanted;
  return kSuccess;
}

}  // namespace
}  // namespace cudnn
}  // namespace klif_sim

using namespace klif_sim::cudnn;
using klif_sim::plantedFault;

KLIF_CUDNN size_t cudnnGetVersion() { return 90500; }

KLIF_CUDNN size_t cudnnGetCudartVersion() { return 12060; }

KLIF_CUDNN const char* cudnnGetErrorString(int status) {
  switch (status) {
    case kSuccess: return "CUDNN_STATUS_SUCCESS";
    case kNotInitialized: return "CUDNN_STATUS_NOT_INITIALIZED";
    case kBadParam: return "CUDNN_STATUS_BAD_PARAM";
    case kNullPointer: return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
    case kMisalignedPointer: return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
    case kSizeInsufficient: return "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT";
    case kShapeMismatch: return "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH";
    case kNotSupported: return "CUDNN_STATUS_NOT_SUPPORTED";
    case kNotSupportedShape: return "CUDNN_STATUS_NOT_SUPPORTED_SHAPE";
    case kNotSupportedDataType: return "CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE";
    case kNotSupportedLayout: return "CUDNN_STATUS_NOT_SUPPORTED_LAYOUT";
    case kInternalError: return "CUDNN_STATUS_INTERNAL_ERROR";
    case kAllocFailed: return "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED";
    case 4004: return "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED";
    case kExecutionFailed: return "CUDNN_STATUS_EXECUTION_FAILED";
    case kExecutionFailedDriver: return "CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER";
    default: return "CUDNN_UNKNOWN_STATUS";
  }
}

KLIF_CUDNN int cudnnCreate(void** handle) {
  if (int status = plantedFault("cudnnCreate", kNotInitialized)) return status;
  if (handle == nullptr) return kNullPointer;
  if (klif_sim::contextStatus() != 0) return kNotInitialized;
  *handle = handles().create();
  return kSuccess;
}

KLIF_CUDNN int cudnnDestroy(void* handle) { return destroy("cudnnDestroy", handles(), handle); }

KLIF_CUDNN int cudnnSetStream(void* handle, CUstream stream) {
  if (int status = plantedFault("cudnnSetStream", kBadParam)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr) return kBadParam;
  h->stream = stream;
  return kSuccess;
}

KLIF_CUDNN int cudnnGetStream(void* handle, CUstream* stream) {
  if (int status = plantedFault("cudnnGetStream", kBadParam)) return status;
  Handle* h = handles().find(handle);
  if (h == nullptr || stream == nullptr) return kBadParam;
  *stream = h->stream;
  return kSuccess;
}

KLIF_CUDNN int cudnnCreateTensorDescriptor(void** object) {
  return create("cudnnCreateTensorDescriptor", tensors(), object);
}

KLIF_CUDNN int cudnnDestroyTensorDescriptor(void* object) {
  return destroy("cudnnDestroyTensorDescriptor", tensors(), object);
}

KLIF_CUDNN int cudnnSetTensor4dDescriptor(void* object, int format, int type, int n, int c, int h, int w) {
  return setShape("cudnnSetTensor4dDescriptor", tensors().find(object), format, type, n, c, h, w);
}

KLIF_CUDNN int cudnnCreateFilterDescriptor(void** object) {
  return create("cudnnCreateFilterDescriptor", filters(), object);
}

KLIF_CUDNN int cudnnDestroyFilterDescriptor(void* object) {
  return destroy("cudnnDestroyFilterDescriptor", filters(), object);
}

KLIF_CUDNN int cudnnSetFilter4dDescriptor(void* object, int type, int format, int k, int c, int h, int w) {
  return setShape("cudnnSetFilter4dDescriptor", filters().find(object), format, type, k, c, h, w);
}

KLIF_CUDNN int cudnnCreateConvolutionDescriptor(void** object) {
  return create("cudnnCreateConvolutionDescriptor", convolutions(), object);
}

KLIF_CUDNN int cudnnDestroyConvolutionDescriptor(void* object) {
  return destroy("cudnnDestroyConvolutionDescriptor", convolutions(), object);
}

KLIF_CUDNN int cudnnSetConvolution2dDescriptor(
    void* object, int padHeight, int padWidth, int strideHeight, int strideWidth, int dilationHeight, int dilationWidth,
    int mode, int computeType) {
  if (int status = plantedFault("cudnnSetConvolution2dDescriptor", kBadParam)) return status;
  Convolution* c = convolutions().find(object);
  if (c == nullptr || padHeight < 0 || padWidth < 0 || strideHeight < 1 || strideWidth < 1 || dilationHeight < 1 ||
      dilationWidth < 1 || (mode != kConvolution && mode != kCrossCorrelation)) {
    return kBadParam;
  }
  if (computeType != kFloat) return kNotSupportedDataType;
  c->set = true;
  c->padHeight = padHeight;
  c->padWidth = padWidth;
  c->strideHeight = strideHeight;
  c->strideWidth = strideWidth;
  c->dilationHeight = dilationHeight;
  c->dilationWidth = dilationWidth;
  c->mode = mode;
  c->computeType = computeType;
  return kSuccess;
}

KLIF_CUDNN int cudnnSetConvolutionMathType(void* object, int math) {
  if (int status = plantedFault("cudnnSetConvolutionMathType", kBadParam)) return status;
  Convolution* c = convolutions().find(object);
  if (c == nullptr || math < kDefaultMath || math > kFmaMath) return kBadParam;
  c->math = math;
  return kSuccess;
}

KLIF_CUDNN int cudnnGetConvolutionMathType(void* object, int* math) {
  if (int status = plantedFault("cudnnGetConvolutionMathType", kBadParam)) return status;
  Convolution* c = convolutions().find(object);
  if (c == nullptr || math == nullptr) return kBadParam;
  *math = c->math;
  return kSuccess;
}

// For tests: handles and descriptors that were not destroyed.
KLIF_CUDNN long klif_sim_cudnn_live() {
  return handles().count() + tensors().count() + filters().count() + convolutions().count();
}
