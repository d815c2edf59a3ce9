package org.klif.device.cpu.dnnl;

import org.klif.KlifException;
import org.klif.device.DType;

/**
 * Sizes and layouts of a matrix product C[m][n] = op(A)[m][k] op(B)[k][n] (+ bias[n]).
 *
 * @param a layout of op(A)
 * @param b layout of op(B)
 * @param ldc elements from one row of C to the next
 * @param bias add a row to every row of the product
 * @param type elements of A and B
 * @param result elements of C; bias is always float32
 */
public record MatMulShape(
    int m, int n, int k, Layout a, Layout b, int ldc, boolean bias, DType type, DType result) {
  /** Checks sizes and layouts. */
  public MatMulShape {
    if (m < 1 || n < 1 || k < 1) {
      throw new KlifException(
          "A matrix product needs sizes of at least 1, not m=%d, n=%d, k=%d.".formatted(m, n, k));
    }
    a.requireFits("A", m, k);
    b.requireFits("B", k, n);
    Layout.rows(Math.max(1, ldc)).requireFits("C", m, n);
  }

  long flops() {
    return 2L * m * n * k;
  }

  /** For messages: {@code 128x2048x6272 (m, n, k), A rows of 6272, B columns of 6272, ...}. */
  @Override
  public String toString() {
    return "%dx%dx%d (m, n, k), A %s, B %s, C rows of %d%s%s"
        .formatted(
            m,
            n,
            k,
            text(a),
            text(b),
            ldc,
            bias ? ", with bias" : "",
            type == DType.FLOAT32 ? "" : ", " + type + " to " + result);
  }

  private static String text(Layout layout) {
    return (layout.transposed() ? "columns of " : "rows of ") + layout.leadingDimension();
  }
}
