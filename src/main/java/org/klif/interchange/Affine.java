package org.klif.interchange;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weights and bias of a convolution or a linear layer in double precision, as they are folded
 * together with what is behind them.
 *
 * @param shape (out, in) or (out, in, kh, kw)
 * @param weight row-major
 * @param bias one for each output, or null for none
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
record Affine(List<Integer> shape, double[] weight, double @Nullable [] bias) {

  static Affine of(List<Integer> shape, float[] weight, float @Nullable [] bias) {
    return new Affine(shape, doubles(weight), bias == null ? null : doubles(bias));
  }

  static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  static float[] floats(double[] values) {
    return Floats.toArray(Doubles.asList(values));
  }

  int outputs() {
    return shape.get(0);
  }

  /** The bias, zeros for none. */
  double[] biases() {
    return bias == null ? new double[outputs()] : bias;
  }

  /**
   * y = scale (this x) + shift.
   *
   * @param scale one for each output, or one for all
   * @param shift likewise
   */
  Affine then(double[] scale, double[] shift) {
    double[] newWeight = weight.clone();
    double[] newBias = biases().clone();
    int each = weight.length / outputs();
    for (int out = 0; out < outputs(); out++) {
      double factor = scale[scale.length == 1 ? 0 : out];
      for (int i = 0; i < each; i++) {
        newWeight[out * each + i] *= factor;
      }
      newBias[out] = newBias[out] * factor + shift[shift.length == 1 ? 0 : out];
    }
    boolean without = bias == null && Arrays.stream(shift).allMatch(s -> s == 0);
    return new Affine(shape, newWeight, without ? null : newBias);
  }

  /** Bounds of the outputs when each input, zeros of a padding included, is within bounds. */
  Range range(Range input) {
    double low = Math.min(input.low(), 0);
    double high = Math.max(input.high(), 0);
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    int each = weight.length / outputs();
    for (int out = 0; out < outputs(); out++) {
      double from = biases()[out];
      double to = from;
      for (int i = 0; i < each; i++) {
        double w = weight[out * each + i];
        if (w != 0) {
          from += w > 0 ? w * low : w * high;
          to += w > 0 ? w * high : w * low;
        }
      }
      least = Math.min(least, from);
      most = Math.max(most, to);
    }
    return new Range(least, most);
  }

  /** Bounds of all values of an activation. */
  record Range(double low, double high) {
    static final Range ALL = new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    static final Range SPIKES = new Range(0, 1);

    Range plus(Range other) {
      return new Range(low + other.low, high + other.high);
    }
  }
}
