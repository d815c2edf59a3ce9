package org.klif.device.cpu.dnnl;

import org.klif.KlifException;
import org.klif.device.Convolution;
import org.klif.device.cpu.dnnl.ConvolutionPasses.Kind;

/**
 * A two-dimensional convolution and its gradients; {@link Convolution} states the equation.
 *
 * <p>All arguments are addresses of float32 memory of the caller, best aligned to 64 bytes:
 * activations channels-last (images, height, width, channels), weights (kernel row, kernel column,
 * inChannels, outChannels). Outputs are overwritten. Weights are brought into oneDNN's own order at
 * each call, in working memory that all primitives share.
 */
public final class DnnlConvolution implements AutoCloseable {
  private final OneDnn oneDnn;
  private final ConvolutionPasses passes;
  private boolean closed;

  DnnlConvolution(OneDnn oneDnn, ConvolutionPasses passes) {
    this.oneDnn = oneDnn;
    this.passes = passes;
  }

  /** y = x * w + bias. */
  public void forward(long x, long w, long bias, long y) {
    enter();
    passes.require(x, "x");
    passes.require(w, "w");
    passes.require(y, "y");
    passes.run(Kind.FORWARD, x, w, y, bias);
  }

  /** gx = the gradient with respect to x, from gy, that with respect to y. */
  public void backwardData(long gy, long w, long gx) {
    enter();
    passes.require(gy, "gy");
    passes.require(w, "w");
    passes.require(gx, "gx");
    passes.run(Kind.BACKWARD_DATA, gy, w, gx, 0);
  }

  /**
   * gw = the gradient with respect to w; gbias = that with respect to the bias, 0 for none: the sum
   * of gy over images and positions.
   */
  public void backwardWeights(long x, long gy, long gw, long gbias) {
    enter();
    passes.require(x, "x");
    passes.require(gy, "gy");
    passes.require(gw, "gw");
    passes.run(Kind.BACKWARD_WEIGHTS, x, gw, gy, gbias);
  }

  /** oneDNN's names of the implementations it chose, for reports. */
  public String implementations() {
    enter();
    return "forward %s, data gradient %s, weight gradient %s"
        .formatted(
            passes.implementation(Kind.FORWARD),
            passes.implementation(Kind.BACKWARD_DATA),
            passes.implementation(Kind.BACKWARD_WEIGHTS));
  }

  private void enter() {
    if (closed) {
      throw new KlifException("Convolution " + passes.shape() + " was used after its close.");
    }
    oneDnn.enter();
  }

  /** Gives this handle back; the primitives stay with {@link OneDnn} for the next of this shape. */
  @Override
  public void close() {
    closed = true;
  }
}
