// A blocked float32 matrix product whose operands are read through functions, so that a linear layer
// and the three passes of a convolution share it. Each output element is summed in one fixed order,
// whatever the number of threads.
#ifndef KLIF_SIM_PRODUCT_H
#define KLIF_SIM_PRODUCT_H

#include <functional>

namespace klif_sim {

#if defined(__AVX512F__)
constexpr int kVector = 16;
constexpr int kRows = 12;
#else
constexpr int kVector = 8;
constexpr int kRows = 6;
#endif
constexpr int kColumns = 2 * kVector;

/**
 * Left operand (m, k): fill(row, rows, p, length, panel) writes panel[q * kRows + r] =
 * A(row + r, p + q) for r < rows, q < length, and 0 for rows <= r < kRows.
 */
using FillLeft = std::function<void(long long row, int rows, long long p, int length, float* panel)>;

/**
 * Right operand (k, n): fill(column, columns, p, length, panel) writes panel[q * kColumns + c] =
 * B(p + q, column + c) for c < columns, and 0 for columns <= c < kColumns.
 */
using FillRight =
    std::function<void(long long column, int columns, long long p, int length, float* panel)>;

/** Takes the finished sums of one row: sums[c] = (A B)(row, column + c) for c < columns. */
using Store = std::function<void(long long row, long long column, int columns, const float* sums)>;

/**
 * C = A B.
 *
 * @param reversed sums run from the last term to the first: another rounding of the same sum
 */
void product(
    long long m, long long n, long long k, bool reversed, const FillLeft& left, const FillRight& right,
    const Store& store);

}  // namespace klif_sim

#endif
