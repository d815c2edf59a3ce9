package org.klif.device.cpu.dnnl;

import org.klif.KlifException;

/**
 * A matrix product C[m][n] = op(A)[m][k] op(B)[k][n] (+ bias[n]) of plain matrices in the caller's
 * memory.
 */
public final class DnnlMatMul implements AutoCloseable {
  private final OneDnn oneDnn;
  private final MatMulPass pass;
  private boolean closed;

  DnnlMatMul(OneDnn oneDnn, MatMulPass pass) {
    this.oneDnn = oneDnn;
    this.pass = pass;
  }

  /**
   * Computes the product.
   *
   * @param bias address of n floats, 0 exactly when this product was made without bias
   */
  public void run(long a, long b, long bias, long c) {
    if (closed) {
      throw new KlifException("Matrix product " + pass.shape() + " was used after its close.");
    }
    oneDnn.enter();
    if (a == 0 || b == 0 || c == 0) {
      throw new KlifException("Matrix product " + pass.shape() + " got no memory for A, B or C.");
    }
    if ((bias != 0) != pass.shape().bias()) {
      throw new KlifException(
          "Matrix product "
              + pass.shape()
              + (bias == 0 ? " got no memory for its bias." : " was made without a bias."));
    }
    Primitive primitive = pass.primitive();
    primitive.set(0, a);
    primitive.set(1, b);
    primitive.set(2, c);
    if (bias != 0) {
      primitive.set(3, bias);
    }
    primitive.run();
  }

  /** Floating point operations of one run: two for each product. */
  public long flops() {
    return pass.shape().flops();
  }

  /** oneDNN's name of the implementation it chose, for reports. */
  public String implementation() {
    return pass.primitive().implementation();
  }

  /** Gives this handle back; the primitive stays with {@link OneDnn} for the next of its shape. */
  @Override
  public void close() {
    closed = true;
  }
}
