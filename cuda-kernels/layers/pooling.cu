/*
 * Pooling of any window, stride and padding, channels last (docs/MATH.md). Padding is -infinity for a maximum, and zeros that count
 * for an average; as it is smaller than the window, each window has a pixel of the image.
 *
 * Equation     maximum: y = max of the window; gx = sum of gy over the windows whose first largest element in row-major order it is
 *              average: y = sum of the window * share;  gx = sum of gy * share over the windows it is in;  share = 1 / window's area
 * Ownership    forward: an output pack of channels belongs to one thread. Backward, windows side by side from the corner on: a window
 *              of the input, those cut off at the lower and right edge included, so that every element of gx is written once.
 *              Backward, other windows (overlap): an input pack belongs to one thread, which adds up its windows in row-major order.
 * Bytes moved  per input element, b = 4 (float32) or 2, A = window's area: forward (1 + 1 / A) b; backward (1 + 1 / A) b for the
 *              average, (2 + 1 / A) b for the maximum. Windows that overlap are read again, mostly from the caches.
 */
#include "common/loops.cuh"
#include "common/parts.cuh"

/** Written by CudaPooling.java. */
struct PoolingShape {
  long long images;
  int channels;
  int height;
  int width;
  int outHeight;
  int outWidth;
  int windowHeight;
  int windowWidth;
  int strideHeight;
  int strideWidth;
  int padHeight;
  int padWidth;
  float share;
};

/** A window counted over images, rows and columns of windows, and the channels of one pack. */
struct Place {
  long long image;
  int y;
  int x;
  int channel;
};

/** number = ((image * rows + y) * columns + x) * packs + pack; 32-bit divisions where they are enough. */
KLIF_DEVICE Place place(long long number, int rows, int columns, int packs, int width) {
  Place p;
  if (number < 0x100000000LL) {
    unsigned int rest = static_cast<unsigned int>(number);
    unsigned int window = rest / static_cast<unsigned int>(packs);
    unsigned int row = window / static_cast<unsigned int>(columns);
    unsigned int image = row / static_cast<unsigned int>(rows);
    p.channel = static_cast<int>(rest - window * packs) * width;
    p.x = static_cast<int>(window - row * columns);
    p.y = static_cast<int>(row - image * rows);
    p.image = image;
  } else {
    long long window = number / packs;
    long long row = window / columns;
    p.image = row / rows;
    p.channel = static_cast<int>(number - window * packs) * width;
    p.x = static_cast<int>(window - row * columns);
    p.y = static_cast<int>(row - p.image * rows);
  }
  return p;
}

/** The part of a window that lies in the image. */
struct Area {
  int top;
  int left;
  int bottom;
  int right;

  KLIF_DEVICE Area(const PoolingShape& s, int outY, int outX) {
    int y = outY * s.strideHeight - s.padHeight;
    int x = outX * s.strideWidth - s.padWidth;
    top = max(y, 0);
    left = max(x, 0);
    bottom = min(y + s.windowHeight, s.height);
    right = min(x + s.windowWidth, s.width);
  }
};

template <int W, typename T>
KLIF_DEVICE void forward(const T* x, T* y, int maximum, const PoolingShape& s) {
  int packs = s.channels / W;
  long long count = s.images * s.outHeight * s.outWidth * packs;
  for (long long number = threadNumber(); number < count; number += threadCount()) {
    Place p = place(number, s.outHeight, s.outWidth, packs, W);
    Area area(s, p.y, p.x);
    const T* image = x + p.image * s.height * s.width * s.channels + p.channel;
    Pack<float, W> result = {};
    for (int row = area.top; row < area.bottom; row++) {
      const T* line = image + static_cast<long long>(row) * s.width * s.channels;
      for (int column = area.left; column < area.right; column++) {
        Pack<float, W> value = loadFloats<W>(line + static_cast<long long>(column) * s.channels);
        bool first = row == area.top && column == area.left;
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          if (first) {
            result.v[j] = value.v[j];
          } else if (maximum) {
            // a NaN compares false and would vanish
            bool taken = value.v[j] > result.v[j] || value.v[j] != value.v[j];
            result.v[j] = taken ? value.v[j] : result.v[j];
          } else {
            result.v[j] += value.v[j];
          }
        }
      }
    }
    if (!maximum) {
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        result.v[j] *= s.share;
      }
    }
    storeFloats<W>(y + number * W, result);
  }
}

/** Where the first largest element of a window is, for each channel of a pack: row * width + column. */
template <int W, typename T>
KLIF_DEVICE void winners(const T* image, const PoolingShape& s, const Area& area, int (&winner)[W]) {
  Pack<float, W> best;
  for (int row = area.top; row < area.bottom; row++) {
    for (int column = area.left; column < area.right; column++) {
      int at = row * s.width + column;
      Pack<float, W> value = loadFloats<W>(image + static_cast<long long>(at) * s.channels);
      bool first = row == area.top && column == area.left;
      KLIF_UNROLL
      for (int j = 0; j < W; j++) {
        bool taken = first || value.v[j] > best.v[j];
        winner[j] = taken ? at : winner[j];
        best.v[j] = taken ? value.v[j] : best.v[j];
      }
    }
  }
}

template <int W, typename T>
KLIF_DEVICE void backward(const T* x, const T* gy, T* gx, int maximum, const PoolingShape& s) {
  int allRows = (s.height + s.windowHeight - 1) / s.windowHeight;
  int allColumns = (s.width + s.windowWidth - 1) / s.windowWidth;
  int packs = s.channels / W;
  long long count = s.images * allRows * allColumns * packs;
  for (long long number = threadNumber(); number < count; number += threadCount()) {
    Place p = place(number, allRows, allColumns, packs, W);
    Area area(s, p.y, p.x);
    long long image = p.image * s.height * s.width * s.channels + p.channel;
    Pack<float, W> g = {};
    int winner[W] = {};
    if (p.y < s.outHeight && p.x < s.outWidth) {
      g = loadFloats<W>(gy + ((p.image * s.outHeight + p.y) * s.outWidth + p.x) * s.channels + p.channel);
      if (maximum) {
        winners<W>(x + image, s, area, winner);
      } else {
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          g.v[j] *= s.share;
        }
      }
    }
    for (int row = area.top; row < area.bottom; row++) {
      for (int column = area.left; column < area.right; column++) {
        int at = row * s.width + column;
        Pack<float, W> out;
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          out.v[j] = !maximum || winner[j] == at ? g.v[j] : 0.0f;
        }
        storeFloats<W>(gx + image + static_cast<long long>(at) * s.channels, out);
      }
    }
  }
}

template <int W, typename T>
KLIF_DEVICE void overlapBackward(const T* x, const T* gy, T* gx, int maximum, const PoolingShape& s) {
  int packs = s.channels / W;
  long long count = s.images * s.height * s.width * packs;
  for (long long number = threadNumber(); number < count; number += threadCount()) {
    Place p = place(number, s.height, s.width, packs, W);
    int own = p.y * s.width + p.x;
    // the first and last windows that begin at or ahead of this element and end behind it
    int y = p.y + s.padHeight;
    int x0 = p.x + s.padWidth;
    int firstY = y < s.windowHeight ? 0 : (y - s.windowHeight) / s.strideHeight + 1;
    int firstX = x0 < s.windowWidth ? 0 : (x0 - s.windowWidth) / s.strideWidth + 1;
    int lastY = min(y / s.strideHeight, s.outHeight - 1);
    int lastX = min(x0 / s.strideWidth, s.outWidth - 1);
    const T* image = x + p.image * s.height * s.width * s.channels + p.channel;
    Pack<float, W> sum = {};
    for (int outY = firstY; outY <= lastY; outY++) {
      for (int outX = firstX; outX <= lastX; outX++) {
        Pack<float, W> g =
            loadFloats<W>(gy + ((p.image * s.outHeight + outY) * s.outWidth + outX) * s.channels + p.channel);
        int winner[W] = {};
        if (maximum) {
          winners<W>(image, s, Area(s, outY, outX), winner);
        }
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          sum.v[j] += !maximum ? g.v[j] * s.share : winner[j] == own ? g.v[j] : 0.0f;
        }
      }
    }
    storeFloats<W>(gx + number * W, sum);
  }
}

#define KLIF_BACKWARD(NAME, FUNCTION, SUFFIX, T)                                                                   \
  KLIF_KERNEL void NAME##_##SUFFIX(const T* x, const T* gy, T* gx, int maximum, PoolingShape shape) {             \
    if (aligned(x) && aligned(gy) && aligned(gx) && shape.channels % kPack<T> == 0) {                             \
      FUNCTION<kPack<T>>(x, gy, gx, maximum, shape);                                                              \
    } else {                                                                                                      \
      FUNCTION<1>(x, gy, gx, maximum, shape);                                                                     \
    }                                                                                                             \
  }

#define KLIF_ENTRIES(SUFFIX, T)                                                                                   \
  KLIF_KERNEL void pooling_forward_##SUFFIX(const T* x, T* y, int maximum, PoolingShape shape) {                  \
    if (aligned(x) && aligned(y) && shape.channels % kPack<T> == 0) {                                             \
      forward<kPack<T>>(x, y, maximum, shape);                                                                    \
    } else {                                                                                                      \
      forward<1>(x, y, maximum, shape);                                                                           \
    }                                                                                                             \
  }                                                                                                               \
  KLIF_BACKWARD(pooling_backward, backward, SUFFIX, T)                                                            \
  KLIF_BACKWARD(pooling_overlap_backward, overlapBackward, SUFFIX, T)

KLIF_FOR_TYPES(KLIF_ENTRIES)
