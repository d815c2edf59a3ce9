package org.klif.sweep;

import java.util.Optional;

/**
 * A line of a sweep's results.
 *
 * @param run of the plan
 * @param state of it
 * @param outcome after its last epoch that counts; empty when there is none
 * @param message why it failed, else empty
 */
public record RunResult(
    SweepPlan.Run run, State state, Optional<RunOutcome> outcome, String message) {
  /** How a run of a sweep stands. */
  public enum State {
    /** Trained to its end. */
    FINISHED,
    /** Given up early, because others were better. */
    STOPPED,
    /** It cannot be trained. */
    FAILED,
    /** Not there yet. */
    UNFINISHED;

    /** Its name in results.csv. */
    public String token() {
      return com.google.common.base.Ascii.toLowerCase(name());
    }
  }
}
