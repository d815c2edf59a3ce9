package org.klif.interchange;

import com.google.common.primitives.Ints;
import java.util.List;

/** Shapes of tensors as lists, row-major, empty for a scalar. */
final class Shapes {
  static List<Integer> list(int[] shape) {
    return List.copyOf(Ints.asList(shape));
  }

  /** True when they are equal, or both of one element and at most one axis. */
  static boolean agree(List<Integer> one, List<Integer> other) {
    return one.equals(other)
        || (one.size() <= 1 && other.size() <= 1 && elements(one) == 1 && elements(other) == 1);
  }

  static long elements(List<Integer> shape) {
    long elements = 1;
    for (int size : shape) {
      elements = Math.multiplyExact(elements, (long) size);
    }
    return elements;
  }

  private Shapes() {}
}
