package org.klif.verify;

import java.util.Arrays;
import java.util.List;
import org.klif.device.DType;
import org.klif.tensor.ActivationShape;

/**
 * A layer of {@link ReferenceNetwork} in float64. Activations have channels last; a constant one is
 * stored once. What is handed to the next layer, or back to the one before, is rounded to the type
 * of activations.
 */
interface ReferenceLayer {

  /** The output, from the input as it is stored. */
  double[] forward(double[] x);

  /** The gradient of the input from that of the output; gradients of parameters are noted. */
  double[] backward(double[] gy);

  /** Values of a parameter, in the order of a file, and their gradient. */
  final class Parameter {
    double[] values = {};
    double[] gradient = {};
  }

  /** Each number as activations hold it. */
  static double[] stored(double[] values, DType type) {
    double[] all = new double[values.length];
    Arrays.setAll(all, i -> GoldenTensor.stored(values[i], type));
    return all;
  }

  /** The sum over the steps of what is stored once; the same where each step is stored. */
  static double[] sumOverTime(double[] g, int stored) {
    double[] sum = new double[stored];
    for (int i = 0; i < g.length; i++) {
      sum[i % stored] += g[i];
    }
    return sum;
  }

  /** One after the other. */
  record Chain(List<ReferenceLayer> layers) implements ReferenceLayer {
    @Override
    public double[] forward(double[] x) {
      double[] y = x;
      for (ReferenceLayer layer : layers) {
        y = layer.forward(y);
      }
      return y;
    }

    @Override
    public double[] backward(double[] gy) {
      double[] g = gy;
      for (int i = layers.size() - 1; i >= 0; i--) {
        g = layers.get(i).backward(g);
      }
      return g;
    }
  }

  /** A constant sequence, T times. */
  record Repeat(int steps, DType type) implements ReferenceLayer {
    @Override
    public double[] forward(double[] x) {
      double[] y = new double[Math.multiplyExact(steps, x.length)];
      Arrays.setAll(y, i -> x[i % x.length]);
      return y;
    }

    @Override
    public double[] backward(double[] gy) {
      return stored(sumOverTime(gy, gy.length / steps), type);
    }
  }

  /** y = body(x) + shortcut(x); the branches end alike. */
  record Residual(ReferenceLayer body, ReferenceLayer shortcut, DType type)
      implements ReferenceLayer {
    @Override
    public double[] forward(double[] x) {
      return sum(body.forward(x), shortcut.forward(x), type);
    }

    @Override
    public double[] backward(double[] gy) {
      return sum(body.backward(gy), shortcut.backward(gy), type);
    }
  }

  /** a + b. */
  static double[] sum(double[] a, double[] b, DType type) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return stored(sum, type);
  }

  /**
   * y = scale (Q K') V in each head over the tokens of an image.
   *
   * <p>What stands between the two products is rounded, and devices compute Q K' or K' V, whichever
   * is smaller. So does the reference, by the equations of both.
   */
  final class Attention implements ReferenceLayer {
    private final List<ReferenceLayer> branches;
    private final ActivationShape shape;
    private final int heads;
    private final double scale;
    private final DType type;
    private final boolean pairsOfTokens;
    private double[][] qkv = {};

    /**
     * An attention.
     *
     * @param shape of Q, K, V and y
     */
    Attention(
        List<ReferenceLayer> branches, ActivationShape shape, int heads, double scale, DType type) {
      this.branches = branches;
      this.shape = shape;
      this.heads = heads;
      this.scale = scale;
      this.type = type;
      pairsOfTokens = tokens() <= shape.channels() / heads;
    }

    private int tokens() {
      return shape.height() * shape.width();
    }

    /** The tokens of one image and the channels of one head, as rows and columns. */
    private double[][] head(double[] values, int image, int head) {
      int depth = shape.channels() / heads;
      double[][] rows = new double[tokens()][depth];
      for (int i = 0; i < tokens(); i++) {
        int from = (image * tokens() + i) * shape.channels() + head * depth;
        System.arraycopy(values, from, rows[i], 0, depth);
      }
      return rows;
    }

    private void put(double[][] rows, double[] values, int image, int head) {
      int depth = shape.channels() / heads;
      for (int i = 0; i < tokens(); i++) {
        int from = (image * tokens() + i) * shape.channels() + head * depth;
        System.arraycopy(rows[i], 0, values, from, depth);
      }
    }

    /** factor a b, rounded. */
    private double[][] product(double factor, double[][] a, double[][] b) {
      double[][] c = new double[a.length][b[0].length];
      for (int i = 0; i < a.length; i++) {
        for (int j = 0; j < b[0].length; j++) {
          double sum = 0;
          for (int k = 0; k < b.length; k++) {
            sum += a[i][k] * b[k][j];
          }
          c[i][j] = GoldenTensor.stored(factor * sum, type);
        }
      }
      return c;
    }

    private static double[][] transposed(double[][] a) {
      double[][] b = new double[a[0].length][a.length];
      for (int i = 0; i < a.length; i++) {
        for (int j = 0; j < a[0].length; j++) {
          b[j][i] = a[i][j];
        }
      }
      return b;
    }

    @Override
    public double[] forward(double[] x) {
      qkv = branches.stream().map(branch -> branch.forward(x)).toArray(double[][]::new);
      double[] y = new double[Math.toIntExact(shape.elements())];
      for (int image = 0; image < shape.images(); image++) {
        for (int head = 0; head < heads; head++) {
          double[][] q = head(qkv[0], image, head);
          double[][] k = head(qkv[1], image, head);
          double[][] v = head(qkv[2], image, head);
          double[][] result =
              pairsOfTokens
                  ? product(scale, product(1, q, transposed(k)), v)
                  : product(scale, q, product(1, transposed(k), v));
          put(result, y, image, head);
        }
      }
      return y;
    }

    @Override
    public double[] backward(double[] gy) {
      double[][] gradients = new double[3][gy.length];
      for (int image = 0; image < shape.images(); image++) {
        for (int head = 0; head < heads; head++) {
          double[][] q = head(qkv[0], image, head);
          double[][] k = head(qkv[1], image, head);
          double[][] v = head(qkv[2], image, head);
          double[][] g = head(gy, image, head);
          if (pairsOfTokens) {
            double[][] a = product(1, q, transposed(k));
            double[][] gA = product(scale, g, transposed(v));
            put(product(1, gA, k), gradients[0], image, head);
            put(product(1, transposed(gA), q), gradients[1], image, head);
            put(product(scale, transposed(a), g), gradients[2], image, head);
          } else {
            double[][] m = product(1, transposed(k), v);
            double[][] gM = product(scale, transposed(q), g);
            put(product(scale, g, transposed(m)), gradients[0], image, head);
            put(product(1, v, transposed(gM)), gradients[1], image, head);
            put(product(1, k, gM), gradients[2], image, head);
          }
        }
      }
      double[] gx = branches.get(0).backward(gradients[0]);
      gx = sum(gx, branches.get(1).backward(gradients[1]), type);
      return sum(gx, branches.get(2).backward(gradients[2]), type);
    }
  }
}
