package org.klif.verify;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.util.Arrays;
import org.klif.device.DType;

/**
 * A tensor of a golden-vector file, row-major, last axis fastest; an empty shape is a scalar. It
 * takes over both arrays; there are as many numbers as the shape says.
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record GoldenTensor(int[] shape, double[] data) {
  /** Zeros of a shape. */
  static GoldenTensor zeros(int... shape) {
    return new GoldenTensor(shape, new double[Arrays.stream(shape).reduce(1, Math::multiplyExact)]);
  }

  /** The size of an axis; 1 where the tensor has fewer axes. */
  int axis(int index) {
    return index < shape.length ? shape[index] : 1;
  }

  /** A number as a type of activations holds it: rounded to 16 bits, or as it is. */
  static double stored(double value, DType type) {
    return type.isHalf() ? type.toFloat(type.toBits((float) value)) : value;
  }

  /** Each number as a type of activations holds it. */
  GoldenTensor stored(DType type) {
    return new GoldenTensor(shape, Arrays.stream(data).map(v -> stored(v, type)).toArray());
  }

  /** The values in float32, in the file's order. */
  float[] floats() {
    return Floats.toArray(Doubles.asList(data));
  }

  /** The same tensor with its channel axis last, as devices keep activations. */
  GoldenTensor channelsLast(int channelAxis) {
    if (shape.length <= channelAxis + 1) {
      return this;
    }
    int channels = shape[channelAxis];
    int images = 1;
    for (int i = 0; i < channelAxis; i++) {
      images *= shape[i];
    }
    int pixels = 1;
    for (int i = channelAxis + 1; i < shape.length; i++) {
      pixels *= shape[i];
    }
    double[] moved = new double[data.length];
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
          moved[(n * pixels + p) * channels + c] = data[(n * channels + c) * pixels + p];
        }
      }
    }
    return new GoldenTensor(shape, moved);
  }

  /** Each of a number of equal blocks several times in a row; the shape is that of one copy. */
  GoldenTensor repeated(int blocks, int copies) {
    int size = data.length / blocks;
    double[] all = new double[data.length * copies];
    for (int block = 0; block < blocks; block++) {
      for (int copy = 0; copy < copies; copy++) {
        System.arraycopy(data, block * size, all, (block * copies + copy) * size, size);
      }
    }
    return new GoldenTensor(shape, all);
  }

  boolean hasShape(int... wanted) {
    return Arrays.equals(shape, wanted);
  }
}
