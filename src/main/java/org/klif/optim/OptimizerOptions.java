package org.klif.optim;

import org.klif.UsageException;
import org.klif.device.OptimizerStep;

/**
 * What an optimizer does.
 *
 * @param momentum SGD's momentum, Adam's beta1
 * @param nesterov SGD looks ahead along its momentum, as PyTorch's
 * @param beta2 Adam's
 * @param eps Adam's, added to the square root after bias correction
 * @param weightDecay of weights
 * @param decayAll whether it is of biases, batch norms and neurons, too
 * @param clipNorm gradients are scaled down to this norm; 0 for no clipping
 * @param neuronRateFactor multiplies the learning rate of k and w
 * @param ema decay of the moving average of the network that is evaluated, see {@link
 *     MovingAverage}; 0 for none
 */
public record OptimizerOptions(
    OptimizerStep.Rule rule,
    double learningRate,
    double momentum,
    boolean nesterov,
    double beta2,
    double eps,
    double weightDecay,
    boolean decayAll,
    double clipNorm,
    double neuronRateFactor,
    double ema) {

  /** Checks ranges. */
  public OptimizerOptions {
    // as float32, in which devices compute
    require((float) learningRate > 0, "the learning rate must be above 0", learningRate);
    require(
        momentum >= 0 && (float) momentum < 1,
        "momentum (beta1) must be from 0 to below 1",
        momentum);
    require(
        !nesterov || (rule == OptimizerStep.Rule.SGD && momentum > 0),
        "Nesterov's momentum is for sgd with a momentum above 0",
        momentum);
    require(beta2 >= 0 && (float) beta2 < 1, "beta2 must be from 0 to below 1", beta2);
    require((float) eps > 0, "eps must be above 0", eps);
    require(weightDecay >= 0, "the weight decay must be at least 0", weightDecay);
    require(clipNorm >= 0, "the clipping norm must be at least 0", clipNorm);
    require(neuronRateFactor >= 0, "the rate factor of k must be at least 0", neuronRateFactor);
    require(ema >= 0 && ema < 1, "the average's decay must be from 0 to below 1", ema);
  }

  /**
   * A rule with its usual constants: momentum 0.9, beta2 0.999, eps 1e-8, no decay, no clipping, no
   * average.
   */
  public static OptimizerOptions of(OptimizerStep.Rule rule, double learningRate) {
    return new OptimizerOptions(rule, learningRate, 0.9, false, 0.999, 1e-8, 0, false, 0, 1, 0);
  }

  private static void require(boolean valid, String what, double value) {
    if (!valid || Float.isInfinite((float) value)) {
      throw new UsageException(what + " in float32, not " + value);
    }
  }
}
