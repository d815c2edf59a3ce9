package org.klif.device;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fused update of all parameters. Parameters, gradients and moments are one flat buffer each,
 * cut into segments. What changes from step to step (learning rate, bias corrections) is in device
 * memory, so that a captured step can be replayed.
 */
public interface OptimizerStep extends AutoCloseable {
  /** Which rule. */
  enum Rule {
    /** b = momentum b + g (first b = g), p -= lr b. */
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
   */
  record Segment(
      long offset, long size, double rateFactor, double weightDecay, double smallestMagnitude) {}

  /**
   * What is planned.
   *
   * @param momentum SGD's momentum, Adam's beta1
   * @param beta2 Adam's
   * @param eps added to the square root after bias correction
   * @param clipNorm gradients are scaled down to this norm; 0 for no clipping
   */
  record Spec(
      Rule rule,
      double momentum,
      double beta2,
      double eps,
      double clipNorm,
      List<Segment> segments) {
    /** Copies the list. */
    public Spec {
      segments = List.copyOf(segments);
    }
  }

  /** Index in the schedule buffer of the learning rate. */
  int LEARNING_RATE = 0;

  /** Index in the schedule buffer of the step, counted from 1. */
  int STEP = 1;

  /** Size of the schedule buffer. */
  int SCHEDULE_SIZE = 2;

  /**
   * Updates all parameters.
   *
   * @param schedule 2 elements: learning rate, step
   * @param first momentum or Adam's m
   * @param second Adam's v, null for SGD
   * @param norm written, 1 element: gradient norm over all segments before clipping
   */
  void step(
      Buffer parameters,
      Buffer gradients,
      Buffer first,
      @Nullable Buffer second,
      Buffer schedule,
      Buffer norm);

  @Override
  void close();
}
