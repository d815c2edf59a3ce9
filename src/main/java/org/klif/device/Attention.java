package org.klif.device;

import org.klif.KlifException;

/**
 * The planned core of spiking self-attention: y = scale (Q K') V for each image and head, without a
 * softmax (Spikformer, arXiv 2209.15425). An image's pixels are its tokens; head h has the channels
 * from h C/heads on.
 *
 * <p>Of (Q K') V and Q (K' V), which are equal, the one with fewer products is computed. What
 * stands between its two products is stored with {@link Device#activationType}: numbers of spikes
 * are exact there up to 256 in bfloat16. The scale multiplies float32 sums, once on the way to each
 * result.
 */
public interface Attention extends PlannedOperation {
  /**
   * Shape of an attention.
   *
   * @param images stored time steps times batch
   * @param tokens H W
   * @param channels C of Q, K, V and y
   */
  record Spec(int images, int tokens, int channels, int heads, double scale) {
    /** Checks that the heads share out the channels. */
    public Spec {
      if (images < 1 || tokens < 1 || heads < 1 || channels < 1 || !(scale > 0)) {
        throw new KlifException(
            "an attention needs images, tokens, channels and heads of at least 1 and a scale above 0, not %d, %d, %d, %d and %s"
                .formatted(images, tokens, channels, heads, scale));
      }
      if (channels % heads != 0) {
        throw new KlifException(
            "%d channels cannot be shared out among %d heads; use a number of heads that divides them"
                .formatted(channels, heads));
      }
    }

    /** Channels of a head. */
    public int depth() {
      return channels / heads;
    }

    /**
     * Whether Q K' of all pairs of tokens is computed, not K' V of all pairs of a head's channels.
     */
    public boolean pairsOfTokens() {
      return tokens <= depth();
    }

    /** Rows and columns of the matrix between the two products. */
    public int edge() {
      return Math.min(tokens, depth());
    }

    /** Elements of Q, K, V, y and each of their gradients: (images, tokens, channels). */
    public long size() {
      return Math.multiplyExact((long) images * tokens, (long) channels);
    }

    /** Elements of the matrices between the two products: (images, heads, edge, edge). */
    public long innerSize() {
      return Math.multiplyExact((long) images * heads, (long) edge() * edge());
    }

    /** Multiply-accumulates of one of the products, for an image. */
    public long macsOfProduct() {
      return Math.multiplyExact((long) tokens * channels, (long) edge());
    }
  }

  /**
   * Memory of a forward pass, of the activations' type.
   *
   * @param inner {@link Spec#innerSize} elements that it overwrites
   * @param y is written
   */
  record Forward(Buffer q, Buffer k, Buffer v, Buffer inner, Buffer y) {}

  /**
   * Memory of a backward pass, of the activations' type.
   *
   * @param q as forward read it, like k and v
   * @param inner {@link Spec#innerSize} elements that it overwrites; nothing is kept in them
   *     between the passes
   * @param gq is written, like gk and gv; none may be another of these buffers
   */
  record Backward(
      Buffer q, Buffer k, Buffer v, Buffer gy, Buffer inner, Buffer gq, Buffer gk, Buffer gv) {}

  /** y = scale (Q K') V. */
  void forward(Forward io);

  /**
   * With A = Q K' and gA = scale gy V': gQ = gA K, gK = gA' Q, gV = scale A' gy. A is computed
   * again.
   */
  void backward(Backward io);
}
