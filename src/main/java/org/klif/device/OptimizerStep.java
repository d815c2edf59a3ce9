package org.klif.device;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/**
 * One fused update of all parameters. Parameters, gradients and moments are one flat buffer each,
 * cut into segments. What changes from step to step (learning rate, bias corrections) is in device
 * memory, so that a captured step can be replayed.
 */
public interface OptimizerStep extends PlannedOperation {
  /** Which rule. */
  enum Rule {
    /** b = momentum b + g (first b = g), p -= lr b; Nesterov: p -= lr (g + momentum b). */
    SGD,
    /** Adam with the decay added to the gradient. */
    ADAM,
    /** Adam with the decay taken from the parameter: p -= lr decay p. */
    ADAMW
  }

  /**
   * A run of elements with the same options.
   *
   * @param offset first element, a multiple of 16
   * @param rateFactor multiplies the learning rate
   * @param weightDecay 0 for none
   * @param smallestMagnitude elements are held at least so far from zero, sign kept; 0 for none
   * @param lower elements are held at or above it, -infinity for no bound; NaN stays NaN
   * @param upper elements are held at or below it, infinity for no bound
   */
  record Segment(
      long offset,
      long size,
      double rateFactor,
      double weightDecay,
      double smallestMagnitude,
      double lower,
      double upper) {
    /** Checks the bounds. */
    public Segment {
      if (!(lower <= upper)) {
        throw new IllegalArgumentException("bounds %s and %s".formatted(lower, upper));
      }
    }

    /** Without bounds. */
    public Segment(
        long offset, long size, double rateFactor, double weightDecay, double smallestMagnitude) {
      this(
          offset,
          size,
          rateFactor,
          weightDecay,
          smallestMagnitude,
          Double.NEGATIVE_INFINITY,
          Double.POSITIVE_INFINITY);
    }

    /** Whether there is a bound. */
    public boolean bounded() {
      return lower > Double.NEGATIVE_INFINITY || upper < Double.POSITIVE_INFINITY;
    }
  }

  /**
   * What is planned.
   *
   * @param momentum SGD's momentum, Adam's beta1
   * @param nesterov SGD looks ahead along its momentum
   * @param beta2 Adam's
   * @param eps added to the square root after bias correction
   * @param clipNorm gradients are scaled down to this norm; 0 for no clipping
   */
  record Spec(
      Rule rule,
      double momentum,
      boolean nesterov,
      double beta2,
      double eps,
      double clipNorm,
      List<Segment> segments) {
    /** Checks the rule and copies the list. */
    public Spec {
      if (nesterov && rule != Rule.SGD) {
        throw new IllegalArgumentException("Nesterov's momentum is for SGD, not for " + rule);
      }
      segments = List.copyOf(segments);
    }

    /** Without Nesterov's momentum. */
    public Spec(
        Rule rule,
        double momentum,
        double beta2,
        double eps,
        double clipNorm,
        List<Segment> segments) {
      this(rule, momentum, false, beta2, eps, clipNorm, segments);
    }

    /** Refuses buffers that do not fit, see {@link OptimizerStep#step}. */
    public void check(
        Buffer parameters,
        Buffer gradients,
        Buffer first,
        @Nullable Buffer second,
        Buffer schedule,
        Buffer norm,
        @Nullable Buffer lossScale) {
      checkSegments("parameters", parameters);
      checkSegments("gradients", gradients);
      checkSegments("first moments", first);
      if (second != null) {
        checkSegments("second moments", second);
      } else if (rule != Rule.SGD) {
        throw new KlifException("Adam needs the buffer of its second moments");
      }
      BufferChecks.require("schedule of an optimizer", schedule, DType.FLOAT32, SCHEDULE_SIZE);
      BufferChecks.require("norm of an optimizer", norm, DType.FLOAT32, 1);
      requireLossScale(lossScale);
    }

    private void checkSegments(String what, Buffer buffer) {
      for (Segment s : segments) {
        if (buffer.size() < s.offset() + s.size()) {
          throw new KlifException(
              "%s have %d elements, but a segment of the optimizer ends at %d"
                  .formatted(what, buffer.size(), s.offset() + s.size()));
        }
      }
      BufferChecks.requireType(what, buffer, DType.FLOAT32);
    }
  }

  /** Index in the schedule buffer of the learning rate. */
  int LEARNING_RATE = 0;

  /** Index in the schedule buffer of the step, counted from 1. */
  int STEP = 1;

  /** Size of the schedule buffer. */
  int SCHEDULE_SIZE = 2;

  /** Index in the buffer of loss scaling of the scale. */
  int SCALE = 0;

  /** Index in the buffer of loss scaling of the number of good steps in a row. */
  int GOOD_STEPS = 1;

  /** Index in the buffer of loss scaling of the number of skipped steps in all. */
  int SKIPPED = 2;

  /** Size of the buffer of loss scaling. */
  int LOSS_SCALE_SIZE = 3;

  /** Refuses another buffer than one of loss scaling. */
  static void requireLossScale(@Nullable Buffer lossScale) {
    BufferChecks.requireIfGiven("state of loss scaling", lossScale, DType.FLOAT32, LOSS_SCALE_SIZE);
  }

  /** The scale never becomes larger; training starts with it. */
  float LARGEST_SCALE = 65536;

  /** The scale never becomes smaller. */
  float SMALLEST_SCALE = 1;

  /** So many good steps in a row double the scale. */
  int STEPS_TO_GROW = 2000;

  /**
   * Updates all parameters.
   *
   * <p>With loss scaling the gradients hold scale times their value, and everything below uses them
   * divided by the scale. When their norm is not finite, parameters and moments stay as they are,
   * the scale is halved (at least {@link #SMALLEST_SCALE}), the good steps become 0 and the skipped
   * steps one more; otherwise the good steps become one more, and {@link #STEPS_TO_GROW} of them
   * double the scale (at most {@link #LARGEST_SCALE}) and become 0. The number of the update, which
   * Adam's bias correction and SGD's first step take, is the schedule's step minus the skipped
   * ones. The scale is a power of two, so scaling rounds nothing.
   *
   * @param schedule 2 elements: learning rate, step
   * @param first momentum or Adam's m
   * @param second Adam's v, null for SGD
   * @param norm written, 1 element: norm of the gradients (divided by the scale) over all segments,
   *     before clipping
   * @param lossScale FLOAT32, {@link #LOSS_SCALE_SIZE} elements: scale, good steps in a row,
   *     skipped steps; read and written; null for no scaling
   */
  void step(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      Buffer norm,
      @Nullable Buffer lossScale);

  /** Without loss scaling. */
  default void step(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      Buffer norm) {
    step(parameters, gradients, first, second, schedule, norm, null);
  }
}
