package org.klif.verify;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.device.Attention;
import org.klif.device.DType;
import org.klif.tensor.ActivationShape;

/**
 * What the attention of {@link ReferenceNetwork} makes of given Q, K and V, in float64.
 *
 * @param size of each element of y, gq, gk and gv the sum of the sizes of its terms
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record AttentionReference(
    double[] y, double[] gq, double[] gk, double[] gv, @Nullable AttentionReference size) {
  /** Buffers are (images, tokens, channels). */
  public static AttentionReference of(
      Attention.Spec spec, float[] q, float[] k, float[] v, float[] gy) {
    List<double[]> given =
        Stream.of(q, k, v, gy).map(values -> Doubles.toArray(Floats.asList(values))).toList();
    // scale is positive, so the sizes' own results are the sums of the terms' sizes
    List<double[]> sizes =
        given.stream().map(values -> Arrays.stream(values).map(Math::abs).toArray()).toList();
    return computed(spec, given, computed(spec, sizes, null));
  }

  private static AttentionReference computed(
      Attention.Spec spec, List<double[]> given, @Nullable AttentionReference size) {
    List<Branch> branches = given.stream().limit(3).map(Branch::new).toList();
    ActivationShape shape =
        new ActivationShape(1, false, spec.images(), spec.channels(), spec.tokens(), 1);
    ReferenceLayer.Attention attention =
        new ReferenceLayer.Attention(
            List.copyOf(branches), shape, spec.heads(), spec.scale(), DType.FLOAT32);
    double[] y = attention.forward(new double[0]);
    attention.backward(given.get(3));
    return new AttentionReference(
        y, branches.get(0).gradient, branches.get(1).gradient, branches.get(2).gradient, size);
  }

  /** Has its values from elsewhere, and notes their gradient. */
  private static final class Branch implements ReferenceLayer {
    private final double[] values;
    private double[] gradient = {};

    Branch(double[] values) {
      this.values = values;
    }

    @Override
    public double[] forward(double[] x) {
      return values;
    }

    @Override
    public double[] backward(double[] gy) {
      gradient = gy;
      return gy;
    }
  }
}
