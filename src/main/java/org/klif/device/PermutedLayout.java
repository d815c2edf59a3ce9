package org.klif.device;

import java.util.function.IntUnaryOperator;

/** See {@link ParameterLayout#permuted}. */
record PermutedLayout(int physicalSize, int canonicalSize, IntUnaryOperator physicalIndex)
    implements ParameterLayout {
  @Override
  public float[] toPhysical(float[] canonical) {
    float[] physical = new float[physicalSize];
    for (int i = 0; i < canonicalSize; i++) {
      physical[physicalIndex.applyAsInt(i)] = canonical[i];
    }
    return physical;
  }

  @Override
  public float[] toCanonical(float[] physical) {
    float[] canonical = new float[canonicalSize];
    for (int i = 0; i < canonicalSize; i++) {
      canonical[i] = physical[physicalIndex.applyAsInt(i)];
    }
    return canonical;
  }
}
