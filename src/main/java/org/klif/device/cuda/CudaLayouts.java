package org.klif.device.cuda;

import org.klif.device.ParameterLayout;

/** How a GPU keeps weights. */
final class CudaLayouts {
  private CudaLayouts() {}

  /**
   * Canonical (out, in, kh, kw) kept as (out, kh, kw, in), cuDNN's filter order of channels last.
   */
  record ConvolutionWeights(int in, int out, int kernel) implements ParameterLayout {
    @Override
    public int physicalSize() {
      return Math.multiplyExact(Math.multiplyExact(in, out), kernel * kernel);
    }

    @Override
    public float[] toPhysical(float[] canonical) {
      float[] physical = new float[physicalSize()];
      for (int i = 0; i < physical.length; i++) {
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
      int pixels = kernel * kernel;
      int pixel = canonicalIndex % pixels;
      int channel = canonicalIndex / pixels % in;
      int filter = canonicalIndex / pixels / in;
      return (filter * pixels + pixel) * in + channel;
    }
  }
}
