package org.klif.device.cpu.dnnl;

import org.klif.KlifException;

/**
 * How a matrix op(X) of a product lies in memory.
 *
 * @param transposed false: element (row, column) of op(X) is at row * leadingDimension + column;
 *     true: at column * leadingDimension + row
 * @param leadingDimension floats from one stored row to the next
 */
public record Layout(boolean transposed, int leadingDimension) {
  public Layout {
    if (leadingDimension < 1) {
      throw new KlifException(
          "A matrix needs a positive leading dimension, not " + leadingDimension + ".");
    }
  }

  /** Stored as it is used: rows one after the other. */
  public static Layout rows(int leadingDimension) {
    return new Layout(false, leadingDimension);
  }

  /** Stored as the transpose of what is used: columns one after the other. */
  public static Layout columns(int leadingDimension) {
    return new Layout(true, leadingDimension);
  }

  /** Refuses a leading dimension smaller than the stored row of op(X) with these sizes. */
  void requireFits(String name, int rows, int columns) {
    int stored = transposed ? rows : columns;
    if (leadingDimension < stored) {
      throw new KlifException(
          "Matrix %s (%dx%d%s) needs a leading dimension of at least %d, not %d."
              .formatted(
                  name, rows, columns, transposed ? ", transposed" : "", stored, leadingDimension));
    }
  }

  /** Strides of (row, column) in elements. */
  long[] strides() {
    return transposed ? new long[] {1, leadingDimension} : new long[] {leadingDimension, 1};
  }
}
