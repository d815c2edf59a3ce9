package org.klif.sweep;

/** Is told how jobs go; called by several threads, one at a time. */
public interface JobListener {
  /** Ignores it all. */
  JobListener NONE = new JobListener() {};

  /** A job begins, or goes on from its checkpoint. */
  default void started(Job job) {}

  /** An epoch of a job is complete; see {@link Progress#epochs}. */
  default void epochs(Job job, int epochs, double testAccuracy, double testLoss) {}

  /** A job has ended, or had nothing left to do. */
  default void ended(JobResult result) {}

  /**
   * A sweep that halves its runs has chosen.
   *
   * @param epochs after which
   * @param kept settings that go on
   * @param of so many
   */
  default void judged(int epochs, int kept, int of) {}
}
