#include "product.h"

#include <algorithm>
#include <vector>

#include "sim.h"

namespace klif_sim {
namespace {

typedef float Vector __attribute__((vector_size(kVector * sizeof(float)), aligned(4)));

/** sums (kRows, kColumns; rows apart by stride) += left panel times right panel. */
void multiply(int length, const float* left, const float* right, float* sums, long long stride) {
  Vector total[kRows][2] = {};
  for (int q = 0; q < length; q++) {
    Vector b0 = *reinterpret_cast<const Vector*>(right + static_cast<long>(q) * kColumns);
    Vector b1 = *reinterpret_cast<const Vector*>(right + static_cast<long>(q) * kColumns + kVector);
    const float* a = left + static_cast<long>(q) * kRows;
#pragma GCC unroll 12
    for (int r = 0; r < kRows; r++) {
      total[r][0] += a[r] * b0;
      total[r][1] += a[r] * b1;
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < kRows; r++) {
    Vector* row = reinterpret_cast<Vector*>(sums + r * stride);
    row[0] += total[r][0];
    row[1] += total[r][1];
  }
}

long long panels(long long size, int width) { return (size + width - 1) / width; }

constexpr long long kMostRows = 4096 / kRows * kRows;
constexpr long long kMostColumns = 2048;
constexpr int kInner = 256;                     // panels of this length stay in the first cache
constexpr long long kPacked = 2L * 1024 * 1024;  // floats of packed operands

/** Runs work(0) .. work(count - 1); what is small is not worth waking a second thread. */
void parallel(int count, bool small, const std::function<void(int)>& work) {
  if (small || count < 2) {
    for (int i = 0; i < count; i++) {
      work(i);
    }
  } else {
    parallelParts(count, work);
  }
}

/** Swaps the order of a packed panel's length rows of width numbers. */
void reverse(float* panel, int length, int width) {
  for (int a = 0, b = length - 1; a < b; a++, b--) {
    std::swap_ranges(panel + static_cast<long>(a) * width, panel + static_cast<long>(a + 1) * width,
                     panel + static_cast<long>(b) * width);
  }
}

/** The block of C that starts at (row, column), of size (rows, columns). */
void block(
    long long row, long long rows, long long column, long long columns, long long k, bool reversed,
    const FillLeft& left, const FillRight& right, const Store& store) {
  long long rowPanels = panels(rows, kRows);
  long long columnPanels = panels(columns, kColumns);
  long long stride = columnPanels * kColumns;
  long long step =
      std::max(1LL, kPacked / (rowPanels * kRows + stride) / kInner) * kInner;
  step = std::min(step, std::max(1LL, panels(k, kInner)) * kInner);
  std::vector<float> sums(static_cast<size_t>(rowPanels * kRows * stride));
  std::vector<float> packedLeft(static_cast<size_t>(rowPanels * kRows * step));
  std::vector<float> packedRight(static_cast<size_t>(stride * step));
  bool small = rows * columns * std::min(k, step) < 200000;
  long long steps = panels(k, static_cast<int>(step));
  for (long long s = 0; s < steps; s++) {
    long long from = s * step;
    int length = static_cast<int>(std::min(step, k - from));
    long long p = reversed ? k - from - length : from;
    parallel(static_cast<int>(rowPanels + columnPanels), small, [&](int i) {
      if (i < rowPanels) {
        long long first = static_cast<long long>(i) * kRows;
        float* panel = packedLeft.data() + first * step;
        left(row + first, static_cast<int>(std::min<long long>(kRows, rows - first)), p, length, panel);
        if (reversed) {
          reverse(panel, length, kRows);
        }
      } else {
        long long first = (i - rowPanels) * kColumns;
        float* panel = packedRight.data() + first * step;
        right(column + first, static_cast<int>(std::min<long long>(kColumns, columns - first)), p, length,
              panel);
        if (reversed) {
          reverse(panel, length, kColumns);
        }
      }
    });
    long long group = 8;  // row panels that share a right panel while it is in the cache
    long long groups = panels(rowPanels, static_cast<int>(group));
    parallel(static_cast<int>(groups * columnPanels), small, [&](int i) {
      long long c = i % columnPanels;
      long long firstPanel = i / columnPanels * group;
      long long lastPanel = std::min(firstPanel + group, rowPanels);
      for (int q = 0; q < length; q += kInner) {
        for (long long r = firstPanel; r < lastPanel; r++) {
          multiply(std::min(kInner, length - q),
                   packedLeft.data() + r * kRows * step + static_cast<long long>(q) * kRows,
                   packedRight.data() + c * kColumns * step + static_cast<long long>(q) * kColumns,
                   sums.data() + r * kRows * stride + c * kColumns, stride);
        }
      }
    });
  }
  parallel(static_cast<int>(rowPanels), small, [&](int i) {
    long long first = static_cast<long long>(i) * kRows;
    for (long long r = first; r < std::min(first + kRows, rows); r++) {
      store(row + r, column, static_cast<int>(columns), sums.data() + r * stride);
    }
  });
}

}  // namespace

void product(
    long long m, long long n, long long k, bool reversed, const FillLeft& left, const FillRight& right,
    const Store& store) {
  for (long long row = 0; row < m; row += kMostRows) {
    for (long long column = 0; column < n; column += kMostColumns) {
      block(row, std::min(kMostRows, m - row), column, std::min(kMostColumns, n - column), k, reversed,
            left, right, store);
    }
  }
}

}  // namespace klif_sim
