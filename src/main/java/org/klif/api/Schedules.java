package org.klif.api;

import org.klif.optim.Schedule;

/** Learning rates over the epochs, for {@link SpikingNetwork#learningRate}. */
public final class Schedules {
  /**
   * Half a cosine from the base rate down to almost 0: the rate of a whole epoch.
   *
   * @param base rate of the first epoch
   * @param epoch from 1
   * @param epochs of the whole training
   */
  public static double cosine(double base, int epoch, int epochs) {
    return of("cosine", base, epoch, epochs);
  }

  /**
   * Any schedule of config.yaml's key {@code schedule}, as in {@code warmup:1,cosine}.
   *
   * @param base rate
   * @param epoch from 1
   * @param epochs of the whole training
   */
  public static double of(String schedule, double base, int epoch, int epochs) {
    if (epoch < 1 || epoch > epochs) {
      throw new IllegalArgumentException(
          "epoch: must be from 1 to %d, not %d".formatted(epochs, epoch));
    }
    return Misuse.asArgument(() -> Schedule.parse(schedule, epochs)).rate(base, epoch - 1.0);
  }

  private Schedules() {}
}
