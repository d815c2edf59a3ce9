package org.klif.device;

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

  /** Both orders are the same. */
  static ParameterLayout plain(int size) {
    return new ParameterLayout() {
      @Override
      public int physicalSize() {
        return size;
      }

      @Override
      public float[] toPhysical(float[] canonical) {
        return canonical.clone();
      }

      @Override
      public float[] toCanonical(float[] physical) {
        return physical.clone();
      }
    };
  }
}
