package org.klif.nn;

import org.jspecify.annotations.Nullable;

/** The work of one layer for one batch size. */
interface LayerPlan {
  /** What forward writes. */
  Activation output();

  /**
   * Plans the backward pass; called once, before the first backward, the last layer first. The
   * caller releases gOutput.
   *
   * @param gOutput holds the gradient of the output
   * @param writable gOutput may be overwritten
   * @param needInput the gradient of the input is wanted
   * @return where backward leaves the gradient of the input (gOutput itself when it is the same
   *     memory); anything when it is not wanted
   */
  @Nullable Slot planBackward(Slot gOutput, boolean writable, boolean needInput);

  /**
   * Runs the layer.
   *
   * @param training batch statistics and dropout; else running statistics and no dropout
   */
  void forward(boolean training);

  /** Gradients of the parameters and, where planned, of the input. */
  void backward();
}
