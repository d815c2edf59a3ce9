package org.klif.config;

import org.klif.device.RatePenalty;

/**
 * The penalty on firing rates: strength times the sum over all layers of neurons of (rate -
 * target)^2 is added to the loss of training, see {@link RatePenalty}.
 *
 * @param target spikes per neuron and time step, 0 to 1
 * @param strength weight in the loss; 0 for no penalty
 */
public record FiringRateConfig(double target, double strength) {
  /** No penalty. */
  static final FiringRateConfig OFF = new FiringRateConfig(0.05, 0);

  /** Checks the ranges. */
  public FiringRateConfig {
    InvalidSetting.require(
        target >= 0 && target <= 1,
        "firingRate.target",
        "must be a number of spikes per neuron and time step from 0 to 1, not " + target);
    InvalidSetting.requireNotNegative("firingRate.strength", strength);
  }

  /** The same as the device knows it. */
  public RatePenalty.Objective objective() {
    return strength == 0 ? RatePenalty.Objective.NONE : new RatePenalty.Objective(target, strength);
  }
}
