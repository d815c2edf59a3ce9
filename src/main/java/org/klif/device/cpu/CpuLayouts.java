package org.klif.device.cpu;

import org.klif.device.ParameterLayout;
import org.klif.tensor.Extent;

/** How the CPU device keeps weights. */
final class CpuLayouts {
  private CpuLayouts() {}

  /**
   * Floats from one input's row of weights to the next: padded by a cache line, since rows a power
   * of two apart would all fall on the same cache sets.
   */
  static int rowStride(int out) {
    return (out + 15) / 16 * 16 + 16;
  }

  /**
   * Canonical (out, in) kept as (in, out) with padded rows: what one input spike adds is
   * contiguous.
   */
  static ParameterLayout linearWeights(int in, int out) {
    int stride = rowStride(out);
    return ParameterLayout.permuted(
        Math.multiplyExact(in, stride),
        Math.multiplyExact(in, out),
        canonical -> canonical % in * stride + canonical / in);
  }

  /** Canonical (out, in, kh, kw) kept as (kh, kw, in, out). */
  static ParameterLayout convolutionWeights(int in, int out, Extent kernel) {
    int pixels = kernel.area();
    int size = Math.multiplyExact(Math.multiplyExact(in, out), pixels);
    return ParameterLayout.permuted(
        size,
        size,
        canonical -> {
          int pair = canonical / pixels;
          return (canonical % pixels * in + pair % in) * out + pair / in;
        });
  }
}
