package org.klif.device;

/** A planned linear layer: y (rows, out) = x (rows, in) w' + bias; gx = gy w; gWeight = gy' x. */
public interface Linear extends Product {
  /**
   * Shape of a linear layer.
   *
   * @param rows stored time steps times batch
   */
  record Spec(int rows, int in, int out) {}
}
