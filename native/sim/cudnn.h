// What the two files of the cuDNN stand-in share: status codes, handles, descriptors.
#ifndef KLIF_SIM_CUDNN_H
#define KLIF_SIM_CUDNN_H

#include "convolution.h"
#include "objects.h"
#include "sim.h"

#define KLIF_CUDNN extern "C" __attribute__((visibility("default")))

namespace klif_sim {
namespace cudnn {

/** Status codes of cuDNN 9. */
enum Status {
  kSuccess = 0,
  kNotInitialized = 1001,
  kBadParam = 2000,
  kNullPointer = 2002,
  kMisalignedPointer = 2003,
  kSizeInsufficient = 2006,
  kShapeMismatch = 2008,
  kNotSupported = 3000,
  kNotSupportedShape = 3002,
  kNotSupportedDataType = 3003,
  kNotSupportedLayout = 3004,
  kInternalError = 4000,
  kAllocFailed = 4003,
  kExecutionFailed = 5000,
  kExecutionFailedDriver = 5001,
};

enum DataType { kFloat = 0, kHalf = 2, kBfloat16 = 9 };
enum Format { kNchw = 0, kNhwc = 1 };
enum Math { kDefaultMath = 0, kTensorMath = 1, kTensorMathConversion = 2, kFmaMath = 3 };
enum Mode { kConvolution = 0, kCrossCorrelation = 1 };

struct Handle {
  CUstream stream = nullptr;
};

/** A tensor (n, c, h, w) or a filter (k, c, r, s). */
struct Shape4 {
  bool set = false;
  int type = 0;
  int format = 0;
  int n = 0;
  int c = 0;
  int h = 0;
  int w = 0;

  long long elements() const { return static_cast<long long>(n) * c * h * w; }
  int elementBytes() const { return type == kFloat ? 4 : 2; }
  size_t bytes() const { return static_cast<size_t>(elements()) * elementBytes(); }
  Strides strides() const {
    long long rows = h;
    long long columns = w;
    return format == kNchw ? Strides{c * rows * columns, rows * columns, columns, 1}
                           : Strides{c * rows * columns, 1, columns * c, c};
  }
};

struct Tensor : Shape4 {};
struct Filter : Shape4 {};

struct Convolution {
  bool set = false;
  int padHeight = 0;
  int padWidth = 0;
  int strideHeight = 1;
  int strideWidth = 1;
  int dilationHeight = 1;
  int dilationWidth = 1;
  int mode = kConvolution;
  int computeType = kFloat;
  int math = kDefaultMath;
  int groups = 1;
};

Objects<Handle>& handles();
Objects<Tensor>& tensors();
Objects<Filter>& filters();
Objects<Convolution>& convolutions();

}  // namespace cudnn
}  // namespace klif_sim

#endif
