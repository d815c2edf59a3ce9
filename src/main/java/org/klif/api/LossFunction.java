package org.klif.api;

/** A loss of one's own, for {@link SpikingNetwork#train(float[], int[], LossFunction)}. */
@FunctionalInterface
public interface LossFunction {
  /**
   * The loss of a batch and its gradient.
   *
   * @param output what the last layer wrote, (T, N, classes); not to be changed
   * @param labels class of each sample
   * @param gradient to be filled with the derivative of the loss by each number of the output; all
   *     0 when called
   * @return the loss
   */
  double apply(float[] output, int[] labels, float[] gradient);
}
