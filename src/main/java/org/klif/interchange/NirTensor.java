package org.klif.interchange;

import java.util.Arrays;
import java.util.List;
import org.klif.tensor.Extent;

/**
 * A number or an array of numbers in a NIR file, row-major.
 *
 * @param type how it is stored
 * @param shape empty for a single number
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record NirTensor(Type type, List<Integer> shape, double[] data) {

  /** Types that Klif writes; others are read as the nearest of them. */
  enum Type {
    FLOAT32,
    FLOAT64,
    INT64
  }

  /** Checks that data and shape agree. */
  NirTensor {
    shape = List.copyOf(shape);
    if (Shapes.elements(shape) != data.length) {
      throw new IllegalArgumentException(shape + " needs other than " + data.length + " values");
    }
  }

  static NirTensor whole(long value) {
    return new NirTensor(Type.INT64, List.of(), new double[] {value});
  }

  /** A row of whole numbers: a stride, a shape. */
  static NirTensor row(List<Integer> values) {
    double[] data = values.stream().mapToDouble(v -> v).toArray();
    return new NirTensor(Type.INT64, List.of(data.length), data);
  }

  /** The same number for height and width. */
  static NirTensor pair(int value) {
    return pair(Extent.square(value));
  }

  /** Height and width. */
  static NirTensor pair(Extent extent) {
    return row(List.of(extent.height(), extent.width()));
  }

  static NirTensor floats(List<Integer> shape, double[] data) {
    return new NirTensor(Type.FLOAT32, shape, data);
  }

  /** One value for each channel of a shape (C, ...), repeated over the rest; or one for all. */
  static NirTensor spread(Type type, List<Integer> shape, double... values) {
    int size = Math.toIntExact(Shapes.elements(shape));
    double[] data = new double[size];
    int each = size / values.length;
    for (int i = 0; i < values.length; i++) {
      Arrays.fill(data, i * each, (i + 1) * each, values[i]);
    }
    return new NirTensor(type, shape, data);
  }
}
