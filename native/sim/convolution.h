// The three passes of a two-dimensional convolution as matrix products over gathered operands.
#ifndef KLIF_SIM_CONVOLUTION_H
#define KLIF_SIM_CONVOLUTION_H

#include "number.h"

namespace klif_sim {

/** Strides of a four-dimensional tensor (n, c, h, w) or filter (k, c, r, s), in elements. */
struct Strides {
  long long n;
  long long c;
  long long h;
  long long w;
};

/** Shape of a convolution. flip: true convolution, the filter turned by 180 degrees. */
struct ConvolutionShape {
  int images;
  int inChannels;
  int inHeight;
  int inWidth;
  int outChannels;
  int outHeight;
  int outWidth;
  int filterHeight;
  int filterWidth;
  int padHeight;
  int padWidth;
  int strideHeight;
  int strideWidth;
  int dilationHeight;
  int dilationWidth;
  bool flip;
};

/** What one pass reads and writes: in, filter and out (y or its gradient), their strides, alpha and beta. */
struct ConvolutionData {
  void* in;
  void* filter;
  void* out;
  Strides inStrides;
  Strides filterStrides;
  Strides outStrides;
  /** Format in memory of all three, and how products read it. */
  Number number;
  float alpha;
  float beta;
  /** Sums taken in the reversed order, as a non-deterministic algorithm may. */
  bool reversed;
};

/** out = alpha convolution(in, filter) + beta out. */
void convolutionForward(const ConvolutionShape& shape, const ConvolutionData& data);

/** in = alpha gradient from out and filter + beta in. */
void convolutionBackwardData(const ConvolutionShape& shape, const ConvolutionData& data);

/** filter = alpha gradient from in and out + beta filter. */
void convolutionBackwardFilter(const ConvolutionShape& shape, const ConvolutionData& data);

}  // namespace klif_sim

#endif
