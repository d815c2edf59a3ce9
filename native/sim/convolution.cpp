#include "convolution.h"

#include <algorithm>

#include "product.h"

namespace klif_sim {
namespace {

/** Which element of the filter a tap (row r, column s) is. */
long long tapOffset(const ConvolutionShape& c, const Strides& filter, int r, int s) {
  return c.flip ? (c.filterHeight - 1 - r) * filter.h + (c.filterWidth - 1 - s) * filter.w
                : r * filter.h + s * filter.w;
}

/**
 * Runs along a range of (tap, channel) pairs, channels fastest: piece(r, s, channel, count, at) for
 * each run of count channels of one tap, at = its distance from the range's start.
 */
template <typename Piece>
void alongTaps(const ConvolutionShape& c, int channels, long long p, int length, Piece piece) {
  int at = 0;
  while (at < length) {
    long long pair = p + at;
    int tap = static_cast<int>(pair / channels);
    int channel = static_cast<int>(pair % channels);
    int count = std::min(channels - channel, length - at);
    piece(tap / c.filterWidth, tap % c.filterWidth, channel, count, at);
    at += count;
  }
}

/** A pixel of a sequence of images. */
struct Pixel {
  long long image;
  int y;
  int x;
  Pixel(long long at, int height, int width)
      : image(at / width / height), y(static_cast<int>(at / width % height)), x(static_cast<int>(at % width)) {}
};

/** Gathers one lane of a packed panel: count elements apart by step, width apart in the panel. */
template <typename Reader>
void gather(const typename Reader::Stored* from, long long step, int count, float* to, int width) {
  for (int i = 0; i < count; i++) {
    to[static_cast<long>(i) * width] = Reader::value(from[i * step]);
  }
}

void zeros(int count, float* to, int width) {
  for (int i = 0; i < count; i++) {
    to[static_cast<long>(i) * width] = 0;
  }
}

/** The element of the input that output pixel and tap meet, or false in the padding. */
bool inputOf(const ConvolutionShape& c, const Pixel& out, int r, int s, int* y, int* x) {
  *y = out.y * c.strideHeight - c.padHeight + r * c.dilationHeight;
  *x = out.x * c.strideWidth - c.padWidth + s * c.dilationWidth;
  return *y >= 0 && *y < c.inHeight && *x >= 0 && *x < c.inWidth;
}

/** The output pixel in which the input pixel meets the tap, or false. */
bool outputOf(const ConvolutionShape& c, const Pixel& in, int r, int s, int* y, int* x) {
  int top = in.y + c.padHeight - r * c.dilationHeight;
  int left = in.x + c.padWidth - s * c.dilationWidth;
  *y = top / c.strideHeight;
  *x = left / c.strideWidth;
  return top >= 0 && left >= 0 && top % c.strideHeight == 0 && left % c.strideWidth == 0 &&
         *y < c.outHeight && *x < c.outWidth;
}

template <typename Reader>
void forward(const ConvolutionShape& c, const ConvolutionData& d) {
  using Stored = typename Reader::Stored;
  const Stored* in = static_cast<const Stored*>(d.in);
  const Stored* filter = static_cast<const Stored*>(d.filter);
  FillLeft left = [&](long long row, int rows, long long p, int length, float* panel) {
    for (int i = 0; i < kRows; i++) {
      float* lane = panel + i;
      if (i >= rows) {
        zeros(length, lane, kRows);
        continue;
      }
      Pixel pixel(row + i, c.outHeight, c.outWidth);
      alongTaps(c, c.inChannels, p, length, [&](int r, int s, int channel, int count, int at) {
        int y;
        int x;
        float* to = lane + static_cast<long>(at) * kRows;
        if (inputOf(c, pixel, r, s, &y, &x)) {
          const Strides& t = d.inStrides;
          gather<Reader>(in + pixel.image * t.n + channel * t.c + y * t.h + x * t.w, t.c, count, to, kRows);
        } else {
          zeros(count, to, kRows);
        }
      });
    }
  };
  FillRight right = [&](long long column, int columns, long long p, int length, float* panel) {
    for (int i = 0; i < kColumns; i++) {
      if (i >= columns) {
        zeros(length, panel + i, kColumns);
        continue;
      }
      alongTaps(c, c.inChannels, p, length, [&](int r, int s, int channel, int count, int at) {
        const Strides& t = d.filterStrides;
        gather<Reader>(filter + (column + i) * t.n + channel * t.c + tapOffset(c, t, r, s), t.c, count,
                       panel + i + static_cast<long>(at) * kColumns, kColumns);
      });
    }
  };
  Store store = [&](long long row, long long column, int columns, const float* sums) {
    Pixel pixel(row, c.outHeight, c.outWidth);
    const Strides& t = d.outStrides;
    long long at = pixel.image * t.n + pixel.y * t.h + pixel.x * t.w;
    for (int i = 0; i < columns; i++) {
      storeScaled(d.number, d.out, at + (column + i) * t.c, sums[i], d.alpha, d.beta);
    }
  };
  product(static_cast<long long>(c.images) * c.outHeight * c.outWidth, c.outChannels,
          static_cast<long long>(c.filterHeight) * c.filterWidth * c.inChannels, d.reversed, left, right,
          store);
}

template <typename Reader>
void backwardData(const ConvolutionShape& c, const ConvolutionData& d) {
  using Stored = typename Reader::Stored;
  const Stored* out = static_cast<const Stored*>(d.out);
  const Stored* filter = static_cast<const Stored*>(d.filter);
  FillLeft left = [&](long long row, int rows, long long p, int length, float* panel) {
    for (int i = 0; i < kRows; i++) {
      float* lane = panel + i;
      if (i >= rows) {
        zeros(length, lane, kRows);
        continue;
      }
      Pixel pixel(row + i, c.inHeight, c.inWidth);
      alongTaps(c, c.outChannels, p, length, [&](int r, int s, int channel, int count, int at) {
        int y;
        int x;
        float* to = lane + static_cast<long>(at) * kRows;
        if (outputOf(c, pixel, r, s, &y, &x)) {
          const Strides& t = d.outStrides;
          gather<Reader>(out + pixel.image * t.n + channel * t.c + y * t.h + x * t.w, t.c, count, to,
                         kRows);
        } else {
          zeros(count, to, kRows);
        }
      });
    }
  };
  FillRight right = [&](long long column, int columns, long long p, int length, float* panel) {
    for (int i = 0; i < kColumns; i++) {
      if (i >= columns) {
        zeros(length, panel + i, kColumns);
        continue;
      }
      alongTaps(c, c.outChannels, p, length, [&](int r, int s, int channel, int count, int at) {
        const Strides& t = d.filterStrides;
        gather<Reader>(filter + channel * t.n + (column + i) * t.c + tapOffset(c, t, r, s), t.n, count,
                       panel + i + static_cast<long>(at) * kColumns, kColumns);
      });
    }
  };
  Store store = [&](long long row, long long column, int columns, const float* sums) {
    Pixel pixel(row, c.inHeight, c.inWidth);
    const Strides& t = d.inStrides;
    long long at = pixel.image * t.n + pixel.y * t.h + pixel.x * t.w;
    for (int i = 0; i < columns; i++) {
      storeScaled(d.number, d.in, at + (column + i) * t.c, sums[i], d.alpha, d.beta);
    }
  };
  product(static_cast<long long>(c.images) * c.inHeight * c.inWidth, c.inChannels,
          static_cast<long long>(c.filterHeight) * c.filterWidth * c.outChannels, d.reversed, left, right,
          store);
}

template <typename Reader>
void backwardFilter(const ConvolutionShape& c, const ConvolutionData& d) {
  using Stored = typename Reader::Stored;
  const Stored* in = static_cast<const Stored*>(d.in);
  const Stored* out = static_cast<const Stored*>(d.out);
  FillLeft left = [&](long long row, int rows, long long p, int length, float* panel) {
    const Strides& t = d.outStrides;
    for (int q = 0; q < length; q++) {
      Pixel pixel(p + q, c.outHeight, c.outWidth);
      float* to = panel + static_cast<long>(q) * kRows;
      gather<Reader>(out + pixel.image * t.n + row * t.c + pixel.y * t.h + pixel.x * t.w, t.c, rows, to, 1);
      zeros(kRows - rows, to + rows, 1);
    }
  };
  FillRight right = [&](long long column, int columns, long long p, int length, float* panel) {
    const Strides& t = d.inStrides;
    for (int q = 0; q < length; q++) {
      Pixel pixel(p + q, c.outHeight, c.outWidth);
      float* row = panel + static_cast<long>(q) * kColumns;
      alongTaps(c, c.inChannels, column, columns, [&](int r, int s, int channel, int count, int at) {
        int y;
        int x;
        if (inputOf(c, pixel, r, s, &y, &x)) {
          gather<Reader>(in + pixel.image * t.n + channel * t.c + y * t.h + x * t.w, t.c, count, row + at,
                         1);
        } else {
          zeros(count, row + at, 1);
        }
      });
      zeros(kColumns - columns, row + columns, 1);
    }
  };
  Store store = [&](long long row, long long column, int columns, const float* sums) {
    const Strides& t = d.filterStrides;
    alongTaps(c, c.inChannels, column, columns, [&](int r, int s, int channel, int count, int at) {
      for (int i = 0; i < count; i++) {
        storeScaled(d.number, d.filter, row * t.n + (channel + i) * t.c + tapOffset(c, t, r, s),
                    sums[at + i], d.alpha, d.beta);
      }
    });
  };
  product(c.outChannels, static_cast<long long>(c.filterHeight) * c.filterWidth * c.inChannels,
          static_cast<long long>(c.images) * c.outHeight * c.outWidth, d.reversed, left, right, store);
}

}  // namespace

void convolutionForward(const ConvolutionShape& shape, const ConvolutionData& data) {
  withReader(data.number, [&](auto reader) { forward<decltype(reader)>(shape, data); });
}

void convolutionBackwardData(const ConvolutionShape& shape, const ConvolutionData& data) {
  withReader(data.number, [&](auto reader) { backwardData<decltype(reader)>(shape, data); });
}

void convolutionBackwardFilter(const ConvolutionShape& shape, const ConvolutionData& data) {
  withReader(data.number, [&](auto reader) { backwardFilter<decltype(reader)>(shape, data); });
}

}  // namespace klif_sim
