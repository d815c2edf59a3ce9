package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * A planned loss on the mean over T of the last layer's output (the firing rate, or the mean
 * potential).
 */
public interface Loss extends AutoCloseable {
  /** Which loss. */
  enum Kind {
    /** Mean over all N * classes values of (rate - target)^2. */
    MSE,
    /** Mean over N of the sum over classes of -target log softmax(rate). */
    CROSS_ENTROPY
  }

  /**
   * What is made small.
   *
   * @param smoothing eps of label smoothing: the target is (1 - eps) onehot + eps / classes; 0 for
   *     none
   */
  record Objective(Kind kind, double smoothing) {
    /** Checks the range. */
    public Objective {
      if (!(smoothing >= 0 && smoothing < 1)) {
        throw new IllegalArgumentException(
            "label smoothing must be from 0 to below 1, not " + smoothing);
      }
    }

    /** Without label smoothing, as evaluation measures it. */
    public Objective plain() {
      return new Objective(kind, 0);
    }

    /** The target of a class that is not the label. */
    public double rest(int classes) {
      return smoothing / classes;
    }

    /** The target of the label. */
    public double label(int classes) {
      return 1 - smoothing + rest(classes);
    }
  }

  /** Shape: output is (steps, batch, classes). */
  record Spec(Objective objective, int steps, int batch, int classes) {
    /** Without label smoothing. */
    public Spec(Kind kind, int steps, int batch, int classes) {
      this(new Objective(kind, 0), steps, batch, classes);
    }

    /** Which loss. */
    public Kind kind() {
      return objective.kind();
    }

    /**
     * Refuses buffers that do not fit.
     *
     * @param output or its gradient, of the activations' type
     */
    public void check(DType activations, Buffer output, Buffer labels, Buffer rate) {
      long perStep = (long) batch * classes;
      BufferChecks.require("output of a network", output, activations, steps * perStep);
      BufferChecks.require("labels", labels, DType.INT32, batch);
      BufferChecks.require("rate of a loss", rate, DType.FLOAT32, perStep);
    }

    /** The failure of a label that the network has no class for. */
    public KlifException outside(int label, int sample) {
      return new KlifException(
          "label %d of sample %d is outside 0 to %d; the data set has more classes than the network"
              .formatted(label, sample, classes - 1));
    }
  }

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
