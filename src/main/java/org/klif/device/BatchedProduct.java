package org.klif.device;

import java.util.List;

/**
 * One product of the matrices of an attention, for all images and heads at once: result = left
 * right.
 *
 * @param scaled the result is multiplied by the attention's scale
 */
public record BatchedProduct(Factor left, Factor right, Matrix result, boolean scaled) {
  /** The matrices of an attention. */
  public enum Matrix {
    /** (tokens, depth), a head's columns of (tokens, channels). */
    Q,
    /** Like Q. */
    K,
    /** Like Q. */
    V,
    /** Like Q; in a backward pass its gradient. */
    Y,
    /** Gradient of Q. */
    GQ,
    /** Gradient of K. */
    GK,
    /** Gradient of V. */
    GV,
    /** (edge, edge): what stands between two products, or its gradient. */
    INNER;

    private Factor plain() {
      return new Factor(this, false);
    }

    private Factor transposed() {
      return new Factor(this, true);
    }
  }

  /** A matrix as it is multiplied. */
  public record Factor(Matrix matrix, boolean transposed) {}

  /**
   * Where the matrices of all images and heads lie, in elements; a row's lie side by side.
   *
   * @param leading from one row to the next
   * @param perHead from one head's first to the next one's
   * @param perImage from one image's first to the next one's
   */
  public record Place(int rows, int columns, int leading, long perHead, long perImage) {
    /** Rows of the factor. */
    public int rows(boolean transposed) {
      return transposed ? columns : rows;
    }

    /** Columns of the factor. */
    public int columns(boolean transposed) {
      return transposed ? rows : columns;
    }
  }

  private static final List<BatchedProduct> PAIRS_OF_TOKENS =
      List.of(
          of(Matrix.Q.plain(), Matrix.K.transposed(), Matrix.INNER),
          scaled(Matrix.INNER.plain(), Matrix.V.plain(), Matrix.Y));

  private static final List<BatchedProduct> PAIRS_OF_CHANNELS =
      List.of(
          of(Matrix.K.transposed(), Matrix.V.plain(), Matrix.INNER),
          scaled(Matrix.Q.plain(), Matrix.INNER.plain(), Matrix.Y));

  private static final List<BatchedProduct> BACKWARD_OF_TOKENS =
      List.of(
          PAIRS_OF_TOKENS.get(0),
          scaled(Matrix.INNER.transposed(), Matrix.Y.plain(), Matrix.GV),
          scaled(Matrix.Y.plain(), Matrix.V.transposed(), Matrix.INNER),
          of(Matrix.INNER.plain(), Matrix.K.plain(), Matrix.GQ),
          of(Matrix.INNER.transposed(), Matrix.Q.plain(), Matrix.GK));

  private static final List<BatchedProduct> BACKWARD_OF_CHANNELS =
      List.of(
          PAIRS_OF_CHANNELS.get(0),
          scaled(Matrix.Y.plain(), Matrix.INNER.transposed(), Matrix.GQ),
          scaled(Matrix.Q.transposed(), Matrix.Y.plain(), Matrix.INNER),
          of(Matrix.V.plain(), Matrix.INNER.transposed(), Matrix.GK),
          of(Matrix.K.plain(), Matrix.INNER.plain(), Matrix.GV));

  private static BatchedProduct of(Factor left, Factor right, Matrix result) {
    return new BatchedProduct(left, right, result, false);
  }

  private static BatchedProduct scaled(Factor left, Factor right, Matrix result) {
    return new BatchedProduct(left, right, result, true);
  }

  /** Those of a forward pass, in their order. */
  public static List<BatchedProduct> forward(Attention.Spec spec) {
    return spec.pairsOfTokens() ? PAIRS_OF_TOKENS : PAIRS_OF_CHANNELS;
  }

  /** Those of a backward pass, in their order. */
  public static List<BatchedProduct> backward(Attention.Spec spec) {
    return spec.pairsOfTokens() ? BACKWARD_OF_TOKENS : BACKWARD_OF_CHANNELS;
  }

  /** Where a matrix lies. */
  public static Place place(Attention.Spec spec, Matrix matrix) {
    int edge = spec.edge();
    int channels = spec.channels();
    int depth = spec.depth();
    return matrix == Matrix.INNER
        ? new Place(edge, edge, edge, (long) edge * edge, (long) spec.heads() * edge * edge)
        : new Place(spec.tokens(), depth, channels, depth, (long) spec.tokens() * channels);
  }
}
