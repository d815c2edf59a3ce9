package org.klif.device;

import java.util.function.IntUnaryOperator;

/**
 * How a device keeps a parameter in memory. Outside a device a parameter always has its canonical
 * order (PyTorch's: linear (out, in), convolution (out, in, kh, kw)); the optimizer works on the
 * device's order, element by element, so padding holds zeros and stays zero.
 */
public interface ParameterLayout {
  /** Elements in device memory, padding included. */
  int physicalSize();

  /** From canonical to device order; padding becomes 0. */
  float[] toPhysical(float[] canonical);

  /** From device to canonical order. */
  float[] toCanonical(float[] physical);

  /**
   * Each element has a place of its own; places that are nobody's are padding.
   *
   * @param physicalIndex from an index in canonical order to that in device order
   */
  static ParameterLayout permuted(
      int physicalSize, int canonicalSize, IntUnaryOperator physicalIndex) {
    return new PermutedLayout(physicalSize, canonicalSize, physicalIndex);
  }

  /** Both orders are the same. */
  static ParameterLayout plain(int size) {
    return permuted(size, size, i -> i);
  }
}
