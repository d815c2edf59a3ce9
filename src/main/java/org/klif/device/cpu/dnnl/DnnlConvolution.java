package org.klif.device.cpu.dnnl;

import org.klif.KlifException;
import org.klif.device.cpu.dnnl.ConvolutionPasses.Pass;

/**
 * A two-dimensional convolution and its gradients; {@link ConvolutionShape} states the equation.
 *
 * <p>All arguments are addresses of float32 memory of the caller, best aligned to 64 bytes:
 * activations channels-last (images, height, width, channels), weights (kernel row, kernel column,
 * inChannels, outChannels). Outputs are overwritten. Weights are brought into oneDNN's own order at
 * each call, in working memory that all primitives share.
 */
public final class DnnlConvolution implements AutoCloseable {
  private static final int WEIGHTS = 1;

  private final OneDnn oneDnn;
  private final ConvolutionPasses passes;
  private boolean closed;

  DnnlConvolution(OneDnn oneDnn, ConvolutionPasses passes) {
    this.oneDnn = oneDnn;
    this.passes = passes;
  }

  /** The sizes this convolution was made for. */
  public ConvolutionShape shape() {
    return passes.shape();
  }

  /** y = x * w + bias. */
  public void forward(long x, long w, long bias, long y) {
    enter();
    passes.require(x, "x");
    passes.require(w, "w");
    passes.require(y, "y");
    Pass pass = passes.forward(bias != 0);
    pass.main().set(0, x);
    pass.main().set(2, y);
    if (bias != 0) {
      pass.main().set(3, bias);
    }
    runWithWeights(pass, w);
  }

  /** gx = the gradient with respect to x, from gy, that with respect to y. */
  public void backwardData(long gy, long w, long gx) {
    enter();
    passes.require(gy, "gy");
    passes.require(w, "w");
    passes.require(gx, "gx");
    Pass pass = passes.backwardData();
    pass.main().set(0, gy);
    pass.main().set(2, gx);
    runWithWeights(pass, w);
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
    Pass pass = passes.backwardWeights(gbias != 0);
    Primitive main = pass.main();
    main.set(0, x);
    main.set(2, gy);
    if (gbias != 0) {
      main.set(3, gbias);
    }
    Primitive reorder = pass.reorder();
    if (reorder == null) {
      main.set(WEIGHTS, gw);
      main.run();
    } else {
      long own = oneDnn.weights().address();
      main.set(WEIGHTS, own);
      main.run();
      reorder.set(0, own);
      reorder.set(1, gw);
      reorder.run();
    }
  }

  private void runWithWeights(Pass pass, long w) {
    Primitive reorder = pass.reorder();
    if (reorder == null) {
      pass.main().set(WEIGHTS, w);
    } else {
      long own = oneDnn.weights().address();
      reorder.set(0, w);
      reorder.set(1, own);
      reorder.run();
      pass.main().set(WEIGHTS, own);
    }
    pass.main().run();
  }

  /** oneDNN's names of the implementations it chose, for reports. */
  public String implementations() {
    enter();
    return "forward "
        + passes.forward(false).main().implementation()
        + ", data gradient "
        + passes.backwardData().main().implementation()
        + ", weight gradient "
        + passes.backwardWeights(false).main().implementation();
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
