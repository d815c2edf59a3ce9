package org.klif.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Test tensors and what a float32 sum may differ by.
 *
 * <p>A sum of K products computed in float32 in any order, fused or not, differs from the exact one
 * by at most (K + 1) u / (1 - (K + 1) u) times the sum of the absolute products, u = 2^-24 (Higham,
 * Accuracy and Stability of Numerical Algorithms, section 3.1). A reference therefore carries both
 * sums, in double.
 */
final class Numbers {
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  private final NativeHeap heap;
  private final SplittableRandom random;

  Numbers(NativeHeap heap, long seed) {
    this.heap = heap;
    random = new SplittableRandom(seed);
  }

  /** Uniform in [-1, 1). */
  float[] random(long count) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1);
    }
    return values;
  }

  /** A block that holds these values. */
  NativeMemory memory(float[] values) {
    NativeMemory memory = heap.allocateFloats(values.length);
    memory.floats().put(values);
    return memory;
  }

  /** A block filled with NaN, so that whatever is not written shows. */
  NativeMemory unwritten(long count) {
    float[] values = new float[Math.toIntExact(count)];
    Arrays.fill(values, Float.NaN);
    return memory(values);
  }

  static float[] read(NativeMemory memory) {
    FloatBuffer floats = memory.floats();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }

  /** A tensor of sums: the exact values, the sums of absolute products and the longest sum. */
  static final class Sums {
    private final double[] value;
    private final double[] magnitude;
    private final int[] terms;

    Sums(long count) {
      int size = Math.toIntExact(count);
      value = new double[size];
      magnitude = new double[size];
      terms = new int[size];
    }

    void add(int index, double term) {
      value[index] += term;
      magnitude[index] += Math.abs(term);
      terms[index]++;
    }

    void assertClose(String name, NativeMemory actual) {
      float[] values = read(actual);
      assertEquals(value.length, values.length, name);
      for (int i = 0; i < values.length; i++) {
        double roundings = (terms[i] + 1) * UNIT_ROUNDOFF;
        double allowed = roundings / (1 - roundings) * magnitude[i];
        double error = Math.abs(values[i] - value[i]);
        int index = i;
        assertTrue(
            error <= allowed,
            () ->
                name
                    + "["
                    + index
                    + "] is "
                    + values[index]
                    + " instead of "
                    + value[index]
                    + ", allowed error "
                    + allowed);
      }
    }
  }
}
