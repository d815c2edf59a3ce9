package org.klif.device.cpu;

import org.klif.device.ParameterLayout;

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
  record LinearWeights(int in, int out) implements ParameterLayout {
    @Override
    public int physicalSize() {
      return Math.multiplyExact(in, rowStride(out));
    }

    @Override
    public float[] toPhysical(float[] canonical) {
      float[] physical = new float[physicalSize()];
      int stride = rowStride(out);
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          physical[i * stride + o] = canonical[o * in + i];
        }
      }
      return physical;
    }

    @Override
    public float[] toCanonical(float[] physical) {
      float[] canonical = new float[Math.multiplyExact(in, out)];
      int stride = rowStride(out);
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          canonical[o * in + i] = physical[i * stride + o];
        }
      }
      return canonical;
    }
  }

  /** Canonical (out, in, kh, kw) kept as (kh, kw, in, out). */
  record ConvolutionWeights(int in, int out, int kernel) implements ParameterLayout {
    @Override
    public int physicalSize() {
      return Math.multiplyExact(Math.multiplyExact(in, out), kernel * kernel);
    }

    @Override
    public float[] toPhysical(float[] canonical) {
      float[] physical = new float[physicalSize()];
      for (int i = 0; i < canonical.length; i++) {
        physical[physicalIndex(i)] = canonical[i];
      }
      return physical;
    }

    @Override
    public float[] toCanonical(float[] physical) {
      float[] canonical = new float[physicalSize()];
      for (int i = 0; i < canonical.length; i++) {
        canonical[i] = physical[physicalIndex(i)];
      }
      return canonical;
    }

    private int physicalIndex(int canonicalIndex) {
      int pixel = canonicalIndex % (kernel * kernel);
      int pair = canonicalIndex / (kernel * kernel);
      return (pixel * in + pair % in) * out + pair / in;
    }
  }
}
