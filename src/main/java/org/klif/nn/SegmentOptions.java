package org.klif.nn;

/**
 * What an optimizer does differently from parameter to parameter.
 *
 * @param weightDecay for weights only: biases, batch norms and neurons are not decayed
 * @param neuronRateFactor multiplies the learning rate of k and w
 */
public record SegmentOptions(double weightDecay, double neuronRateFactor) {
  /** No decay, one learning rate. */
  public static SegmentOptions none() {
    return new SegmentOptions(0, 1);
  }
}
