package org.klif.train;

/**
 * How the learning rate changes over a run.
 *
 * @param kind constant, cosine (half a period over all epochs, from 1 to minimumFactor) or step
 * @param warmupEpochs the rate rises linearly over so many epochs first; may be a fraction
 * @param stepEpochs step: every so many epochs the rate is multiplied by stepFactor
 * @param stepFactor step: the factor
 * @param minimumFactor cosine: the last rate as a fraction of the first
 */
public record ScheduleConfig(
    String kind, double warmupEpochs, int stepEpochs, double stepFactor, double minimumFactor) {

  /** The shapes. */
  enum Kind {
    CONSTANT,
    COSINE,
    STEP
  }

  /** Cosine over all epochs, no warm-up. */
  static final ScheduleConfig COSINE = new ScheduleConfig("cosine", 0, 30, 0.1, 0);

  /** Checks every value's range. */
  public ScheduleConfig {
    InvalidSetting.requireText("schedule.kind", kind);
    InvalidSetting.choice("schedule.kind", kind, Kind.values());
    InvalidSetting.requireNotNegative("schedule.warmupEpochs", warmupEpochs);
    InvalidSetting.requireAtLeast(1, "schedule.stepEpochs", stepEpochs);
    InvalidSetting.requirePositive("schedule.stepFactor", stepFactor);
    InvalidSetting.requireNotNegative("schedule.minimumFactor", minimumFactor);
  }

  /**
   * Factor of the learning rate for one step.
   *
   * @param step counted from 0 over the whole run
   * @param stepsPerEpoch steps in an epoch
   * @param epochs of the whole run
   */
  double factor(long step, int stepsPerEpoch, int epochs) {
    double done = (double) step / stepsPerEpoch;
    double shape =
        switch (InvalidSetting.choice("schedule.kind", kind, Kind.values())) {
          case CONSTANT -> 1;
          case COSINE ->
              minimumFactor
                  + (1 - minimumFactor) * (1 + StrictMath.cos(Math.PI * done / epochs)) / 2;
          case STEP -> StrictMath.pow(stepFactor, Math.floor(done / stepEpochs));
        };
    // the first step of a warm-up already moves
    double warm = (step + 1) / (warmupEpochs * stepsPerEpoch);
    return warm < 1 ? shape * warm : shape;
  }
}
