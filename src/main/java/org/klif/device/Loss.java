package org.klif.device;

import org.jspecify.annotations.Nullable;

/**
 * A planned loss on the mean over T of the last layer's output (the firing rate, or the mean
 * potential).
 */
public interface Loss extends AutoCloseable {
  /** Which loss. */
  enum Kind {
    /** Mean over all N * classes values of (rate - onehot)^2. */
    MSE,
    /** Mean over N of -log softmax(rate)[label]. */
    CROSS_ENTROPY
  }

  /** Shape: output is (steps, batch, classes). */
  record Spec(Kind kind, int steps, int batch, int classes) {}

  /**
   * Rate and loss.
   *
   * @param output (steps, batch, classes)
   * @param labels INT32, batch
   * @param rate written: mean over the steps, (batch, classes)
   * @param result written, 2 elements: loss, number of correct samples (first largest rate wins)
   */
  void forward(Buffer output, Buffer labels, Buffer rate, Buffer result);

  /**
   * gOutput (steps, batch, classes) from what forward wrote.
   *
   * @param lossScale as {@link OptimizerStep} has it: gOutput is multiplied by its first element;
   *     null for no scaling
   */
  void backward(Buffer rate, Buffer labels, Buffer gOutput, @Nullable Buffer lossScale);

  /** Without loss scaling. */
  default void backward(Buffer rate, Buffer labels, Buffer gOutput) {
    backward(rate, labels, gOutput, null);
  }

  @Override
  void close();
}
