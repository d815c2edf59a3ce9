package org.klif.nn;

import java.util.Set;

/**
 * What an optimizer does differently from parameter to parameter.
 *
 * @param weightDecay for weights
 * @param decayAll whether biases, batch norms and neurons are decayed, too
 * @param neuronRateFactor multiplies the learning rate of k and w
 * @param frozen names of parameters that stay as they are
 */
public record SegmentOptions(
    double weightDecay, boolean decayAll, double neuronRateFactor, Set<String> frozen) {
  /** Copies the names. */
  public SegmentOptions {
    frozen = Set.copyOf(frozen);
  }

  /** Of a parameter: its weight decay. */
  double weightDecay(Parameter parameter) {
    return decayAll || parameter.group() == Parameter.Group.WEIGHT ? weightDecay : 0;
  }

  /** Of a parameter: what its learning rate is multiplied by. */
  double rateFactor(Parameter parameter) {
    if (frozen.contains(parameter.name())) {
      return 0;
    }
    return parameter.group() == Parameter.Group.NEURON ? neuronRateFactor : 1;
  }
}
