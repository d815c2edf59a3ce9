package org.klif.device;

/** A planned linear layer: y (rows, out) = x (rows, in) w' + bias; gx = gy w; gWeight = gy' x. */
public interface Linear extends Product {
  /**
   * Shape of a linear layer.
   *
   * @param rows stored time steps times batch
   */
  record Spec(int rows, int in, int out) {
    /** Elements of the buffers, of which the device's layout decides on the weights. */
    public Sizes sizes(long weights) {
      return new Sizes("a linear layer", (long) rows * in, weights, out, (long) rows * out);
    }
  }
}
