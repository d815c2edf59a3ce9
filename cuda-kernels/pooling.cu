/*
 * Pooling of any square window that moves by its own size, channels last (docs/MATH.md).
 *
 * Equation     maximum: y = max of the window; gx = gy at its first largest element in row-major order, else 0
 *              average: y = sum of the window * (1 / window^2);  gx = gy (1 / window^2)
 * Ownership    forward: an output pack of channels belongs to one thread. Backward: a window of the input, those cut off at the
 *              lower and right edge included, so that every element of gx is written once.
 * Bytes moved  per input element, b = 4 (float32) or 2: forward (1 + 1 / window^2) b; backward (1 + 1 / window^2) b for the
 *              average, (2 + 1 / window^2) b for the maximum.
 */
#include "loops.cuh"

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

template <int W, typename T>
KLIF_DEVICE void forward(
    const T* x, T* y, int maximum, long long images, int channels, int height, int width, int window) {
  int rows = height / window;
  int columns = width / window;
  int packs = channels / W;
  float share = 1.0f / static_cast<float>(window * window);
  long long count = images * rows * columns * packs;
  for (long long number = threadNumber(); number < count; number += threadCount()) {
    Place p = place(number, rows, columns, packs, W);
    const T* corner =
        x + ((p.image * height + p.y * window) * width + p.x * window) * channels + p.channel;
    Pack<float, W> result = loadFloats<W>(corner);
    for (int dy = 0; dy < window; dy++) {
      const T* row = corner + static_cast<long long>(dy) * width * channels;
      for (int dx = dy == 0 ? 1 : 0; dx < window; dx++) {
        Pack<float, W> value = loadFloats<W>(row + dx * channels);
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          if (maximum) {
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
        result.v[j] *= share;
      }
    }
    storeFloats<W>(y + number * W, result);
  }
}

template <int W, typename T>
KLIF_DEVICE void backward(
    const T* x, const T* gy, T* gx, int maximum, long long images, int channels, int height, int width, int window) {
  int rows = height / window;
  int columns = width / window;
  int allRows = (height + window - 1) / window;
  int allColumns = (width + window - 1) / window;
  int packs = channels / W;
  float share = 1.0f / static_cast<float>(window * window);
  long long count = images * allRows * allColumns * packs;
  for (long long number = threadNumber(); number < count; number += threadCount()) {
    Place p = place(number, allRows, allColumns, packs, W);
    bool whole = p.y < rows && p.x < columns;
    int down = min(window, height - p.y * window);
    int across = min(window, width - p.x * window);
    long long corner = ((p.image * height + p.y * window) * width + p.x * window) * channels + p.channel;
    long long pitch = static_cast<long long>(width) * channels;
    Pack<float, W> g = {};
    int winner[W];
    KLIF_UNROLL
    for (int j = 0; j < W; j++) {
      winner[j] = 0;
    }
    if (whole) {
      g = loadFloats<W>(gy + ((p.image * rows + p.y) * columns + p.x) * channels + p.channel);
      if (maximum) {
        Pack<float, W> best = loadFloats<W>(x + corner);
        for (int dy = 0; dy < window; dy++) {
          for (int dx = 0; dx < window; dx++) {
            Pack<float, W> value = loadFloats<W>(x + corner + dy * pitch + dx * channels);
            KLIF_UNROLL
            for (int j = 0; j < W; j++) {
              bool larger = value.v[j] > best.v[j];
              winner[j] = larger ? dy * window + dx : winner[j];
              best.v[j] = larger ? value.v[j] : best.v[j];
            }
          }
        }
      } else {
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          g.v[j] *= share;
        }
      }
    }
    for (int dy = 0; dy < down; dy++) {
      for (int dx = 0; dx < across; dx++) {
        Pack<float, W> out;
        KLIF_UNROLL
        for (int j = 0; j < W; j++) {
          out.v[j] = !maximum || winner[j] == dy * window + dx ? g.v[j] : 0.0f;
        }
        storeFloats<W>(gx + corner + dy * pitch + dx * channels, out);
      }
    }
  }
}

#define KLIF_FOR_TYPE(SUFFIX, T)                                                                                  \
  KLIF_KERNEL void pooling_forward_##SUFFIX(                                                                      \
      const T* x, T* y, int maximum, long long images, int channels, int height, int width, int window) {         \
    if (aligned(x) && aligned(y) && channels % kPack<T> == 0) {                                                   \
      forward<kPack<T>>(x, y, maximum, images, channels, height, width, window);                                  \
    } else {                                                                                                      \
      forward<1>(x, y, maximum, images, channels, height, width, window);                                         \
    }                                                                                                             \
  }                                                                                                               \
  KLIF_KERNEL void pooling_backward_##SUFFIX(                                                                     \
      const T* x, const T* gy, T* gx, int maximum, long long images, int channels, int height, int width,         \
      int window) {                                                                                               \
    if (aligned(x) && aligned(gy) && aligned(gx) && channels % kPack<T> == 0) {                                   \
      backward<kPack<T>>(x, gy, gx, maximum, images, channels, height, width, window);                            \
    } else {                                                                                                      \
      backward<1>(x, gy, gx, maximum, images, channels, height, width, window);                                   \
    }                                                                                                             \
  }

KLIF_FOR_TYPE(f32, float)
KLIF_FOR_TYPE(bf16, bf16)
KLIF_FOR_TYPE(f16, f16)
