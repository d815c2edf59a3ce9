package org.klif.sweep;

/** Is told how a run goes; called from the thread that runs the job. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress NONE = (epochs, testAccuracy, testLoss) -> {};

  /**
   * An epoch is complete.
   *
   * @param epochs complete ones
   * @param testAccuracy of the last of them, 0 to 1
   * @param testLoss of the last of them
   */
  void epochs(int epochs, double testAccuracy, double testLoss);
}
