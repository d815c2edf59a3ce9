package org.klif.sweep;

/**
 * How a job ended.
 *
 * @param job it
 * @param kind of ending
 * @param message why it failed, else empty
 */
public record JobResult(Job job, Kind kind, String message) {
  /** How jobs can end. */
  public enum Kind {
    /** There was nothing left to do. */
    KEPT,
    /** It is done now. */
    DONE,
    /** It cannot be done; the message says why. */
    FAILED,
    /** It was stopped, with a checkpoint unless it had only just begun. */
    INTERRUPTED,
    /** It was never started, because the pool was stopped. */
    WAITING
  }

  /** Whether the run is as far as its job wanted it. */
  public boolean isDone() {
    return kind == Kind.KEPT || kind == Kind.DONE;
  }
}
