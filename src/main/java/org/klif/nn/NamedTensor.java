package org.klif.nn;

import java.util.Arrays;

/**
 * A tensor outside a device, as checkpoints hold it: row-major, last axis fastest.
 *
 * @param shape empty for a scalar
 * @param data as many elements as the shape says
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record NamedTensor(int[] shape, float[] data) {
  /** Checks that data and shape agree. */
  public NamedTensor {
    long size = Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
    if (size != data.length) {
      throw new IllegalArgumentException(
          "shape %s needs %d elements, not %d"
              .formatted(Arrays.toString(shape), size, data.length));
    }
  }
}
