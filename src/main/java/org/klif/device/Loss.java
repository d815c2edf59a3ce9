package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * A planned loss on the last layer's output (spikes, or potentials): on its mean over T, the rate,
 * or on each step's.
 */
public interface Loss extends PlannedOperation {
  /** Which loss. */
  enum Kind {
    /** Mean over all N * classes values of (rate - target)^2. */
    MSE,
    /** Mean over N of the sum over classes of -target log softmax(rate). */
    CROSS_ENTROPY,
    /**
     * Temporal efficient training (Deng et al. 2022, arXiv:2202.11946): (1 - lambda) times the mean
     * over T and N of the cross entropy of each step's output, plus lambda times the mean of
     * (output - mean)^2.
     */
    TET
  }

  /**
   * What is made small.
   *
   * @param smoothing eps of label smoothing: the target is (1 - eps) onehot + eps / classes; 0 for
   *     none
   * @param lambda the share of TET's second term
   * @param mean what TET's second term pulls each output to
   * @param mixed each sample has two labels and a weight, as {@link #mixed} has them: its loss is
   *     weight times that of the first and 1 - weight times that of the second (Zhang et al. 2018,
   *     arXiv:1710.09412)
   */
  record Objective(Kind kind, double smoothing, double lambda, double mean, boolean mixed) {
    /** Lambda where nothing is said. */
    public static final double LAMBDA = 0.05;

    /** Checks the ranges. */
    public Objective {
      if (!(smoothing >= 0 && smoothing < 1)) {
        throw new IllegalArgumentException(
            "label smoothing must be from 0 to below 1, not " + smoothing);
      }
      if (!(lambda >= 0 && lambda < 1)) {
        throw new IllegalArgumentException("lambda must be from 0 to below 1, not " + lambda);
      }
    }

    /** With the usual lambda, and the usual threshold as TET's mean. */
    public Objective(Kind kind, double smoothing) {
      this(kind, smoothing, LAMBDA, 1);
    }

    /** With one label for each sample. */
    public Objective(Kind kind, double smoothing, double lambda, double mean) {
      this(kind, smoothing, lambda, mean, false);
    }

    /** Without label smoothing and mixed labels, as evaluation measures it. */
    public Objective plain() {
      return new Objective(kind, 0, lambda, mean);
    }

    /** With or without mixed labels. */
    public Objective withMixed(boolean whether) {
      return new Objective(kind, smoothing, lambda, mean, whether);
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

    /** Elements of the labels' buffer: N, or 3 N where they are mixed. */
    public int labelElements() {
      return objective.mixed() ? 3 * batch : batch;
    }

    /**
     * Refuses buffers that do not fit.
     *
     * @param output or its gradient, of the activations' type
     */
    public void check(DType activations, Buffer output, Buffer labels, Buffer rate) {
      long perStep = (long) batch * classes;
      BufferChecks.require("output of a network", output, activations, steps * perStep);
      BufferChecks.require("labels", labels, DType.INT32, labelElements());
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
   * Mixed labels as the labels' buffer has them, so that they reach a device as other labels do: N
   * first ones, N second ones, and the bits of N weights.
   *
   * @param weights of the first, 0 to 1
   * @param packed written, 3 N
   */
  static void mixed(int[] first, int[] second, float[] weights, int[] packed) {
    int batch = first.length;
    System.arraycopy(first, 0, packed, 0, batch);
    System.arraycopy(second, 0, packed, batch, batch);
    for (int n = 0; n < batch; n++) {
      packed[2 * batch + n] = Float.floatToRawIntBits(weights[n]);
    }
  }

  /**
   * Rate and loss.
   *
   * @param output (steps, batch, classes)
   * @param labels INT32, batch; mixed ones as {@link #mixed} has them
   * @param rate written: mean over the steps, (batch, classes)
   * @param result written, 2 elements: loss, number of correct samples (first largest rate wins; of
   *     mixed labels the first counts)
   */
  void forward(Buffer output, Buffer labels, Buffer rate, Buffer result);

  /**
   * gOutput (steps, batch, classes) from what forward read and wrote.
   *
   * @param output as forward read it
   * @param rate as forward wrote it
   * @param lossScale as {@link OptimizerStep} has it: gOutput is multiplied by its first element;
   *     null for no scaling
   */
  void backward(
      Buffer output, Buffer rate, Buffer labels, Buffer gOutput, @Nullable Buffer lossScale);

  /** Without loss scaling. */
  default void backward(Buffer output, Buffer rate, Buffer labels, Buffer gOutput) {
    backward(output, rate, labels, gOutput, null);
  }
}
