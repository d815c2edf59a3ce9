package org.klif.config;

import org.klif.device.OptimizerStep;
import org.klif.optim.OptimizerOptions;

/**
 * The optimizer's settings.
 *
 * @param rule sgd, adam or adamw
 * @param learningRate before schedule and warm-up
 * @param momentum SGD's momentum, Adam's beta1
 * @param nesterov SGD looks ahead along its momentum
 * @param beta2 Adam's
 * @param eps Adam's, added to the square root after bias correction
 * @param weightDecay of weights
 * @param decayAll whether biases, norms and neuron parameters (k, w) are decayed, too
 * @param clipNorm gradients are scaled down to this norm; 0 for no clipping
 * @param neuronRateFactor learning rate of k (and PLIF's w) as a multiple of learningRate
 * @param ema decay of the moving average of the network, which then is what is tested, saved and
 *     used; 0 for none
 */
public record OptimizerConfig(
    String rule,
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

  /** Adam as most papers use it. */
  static final OptimizerConfig ADAM =
      new OptimizerConfig("adam", 1e-3, 0.9, false, 0.999, 1e-8, 0, false, 0, 1, 0);

  /** Checks every value's range. */
  public OptimizerConfig {
    InvalidSetting.requireText("optimizer.rule", rule);
    InvalidSetting.choice("optimizer.rule", rule, OptimizerStep.Rule.values());
    InvalidSetting.requirePositive("optimizer.learningRate", learningRate);
    InvalidSetting.requireFraction("optimizer.momentum", momentum);
    InvalidSetting.require(
        !nesterov || (rule.equals("sgd") && momentum > 0),
        "optimizer.nesterov",
        "is for sgd with a momentum above 0, not for %s with %s".formatted(rule, momentum));
    InvalidSetting.requireFraction("optimizer.beta2", beta2);
    InvalidSetting.requirePositive("optimizer.eps", eps);
    InvalidSetting.requireNotNegative("optimizer.weightDecay", weightDecay);
    InvalidSetting.requireNotNegative("optimizer.clipNorm", clipNorm);
    InvalidSetting.requireNotNegative("optimizer.neuronRateFactor", neuronRateFactor);
    InvalidSetting.requireFraction("optimizer.ema", ema);
  }

  /** The same as the optimizer knows it. */
  public OptimizerOptions options() {
    return new OptimizerOptions(
        InvalidSetting.choice("optimizer.rule", rule, OptimizerStep.Rule.values()),
        learningRate,
        momentum,
        nesterov,
        beta2,
        eps,
        weightDecay,
        decayAll,
        clipNorm,
        neuronRateFactor,
        ema);
  }
}
