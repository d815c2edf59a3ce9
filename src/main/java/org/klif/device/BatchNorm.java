package org.klif.device;

import org.klif.KlifException;

/**
 * A planned batch norm over rows x channels (channels last). Its affine form scale * x + shift is
 * left to who reads it (a neuron unit fuses it) or to {@link #apply}. A constant sequence is stored
 * once but counts T times.
 */
public interface BatchNorm extends PlannedOperation {
  /**
   * Shape and constants.
   *
   * @param rows stored T * N * H * W
   * @param channels C
   * @param repeats how often each stored row counts: T for a constant sequence, else 1
   * @param eps added to the variance (divided by n)
   * @param momentum running = (1 - momentum) running + momentum batch, with the variance divided by
   *     n - 1
   */
  record Spec(long rows, int channels, int repeats, double eps, double momentum) {
    /** Refuses activations and gradients of another size or type. */
    public void checkActivations(DType type, Buffer... activations) {
      for (Buffer x : activations) {
        if (x.size() != rows * channels) {
          throw new KlifException(
              "batch norm over %d rows of %d channels got %d elements"
                  .formatted(rows, channels, x.size()));
        }
        BufferChecks.requireType("input or gradient of a batch norm", x, type);
      }
    }

    /** Refuses buffers of a state that do not fit. */
    public void check(State s) {
      checkChannels("gamma", s.gamma());
      checkChannels("beta", s.beta());
      checkChannels("running mean", s.runningMean());
      checkChannels("running variance", s.runningVar());
      checkChannels("mean", s.mean());
      checkChannels("invStd", s.invStd());
      checkChannels("scale", s.scale());
      checkChannels("shift", s.shift());
    }

    /** Refuses sums that do not fit. */
    public void checkSums(Buffer sums) {
      BufferChecks.require("sums of a batch norm", sums, DType.FLOAT32, 2L * channels);
    }

    /** Refuses gradients of the parameters that do not fit. */
    public void checkGradients(Buffer gGamma, Buffer gBeta) {
      checkChannels("gradient of gamma", gGamma);
      checkChannels("gradient of beta", gBeta);
    }

    private void checkChannels(String what, Buffer buffer) {
      BufferChecks.require(what, buffer, DType.FLOAT32, channels);
    }
  }

  /**
   * The buffers of one batch norm, each of C elements.
   *
   * @param gamma weight
   * @param beta bias
   * @param mean batch mean, written by statistics
   * @param invStd 1 / sqrt(variance + eps), written by statistics
   * @param scale gamma * invStd
   * @param shift beta - mean * scale
   */
  record State(
      Buffer gamma,
      Buffer beta,
      Buffer runningMean,
      Buffer runningVar,
      Buffer mean,
      Buffer invStd,
      Buffer scale,
      Buffer shift) {}

  /**
   * Training: batch statistics of x, running statistics, scale and shift. Sums have a fixed order.
   */
  void statistics(Buffer x, State state);

  /** Evaluation: mean, invStd, scale and shift from the running statistics. */
  void fold(State state);

  /** y = scale * x + shift. */
  void apply(Buffer x, State state, Buffer y);

  /**
   * sums (2 C) = sum over rows of g, and of g * xhat; g is the gradient of the affine's output
   * (summed over T).
   */
  void reduce(Buffer x, Buffer g, State state, Buffer sums);

  /**
   * Training: gx = scale * (g - repeats * mean(g) - repeats * xhat * mean(g xhat)), means over rows
   * * repeats; gGamma and gBeta are the sums. gx may be g.
   */
  void backward(
      Buffer x, Buffer g, State state, Buffer sums, Buffer gx, Buffer gGamma, Buffer gBeta);
}
