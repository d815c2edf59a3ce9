package org.klif.sweep;

/** Is told how jobs go; called by several threads, one at a time. */
public interface JobListener {
  /** Ignores it all. */
  JobListener NONE =
      new JobListener() {
        @Override
        public void started(Job job) {}

        @Override
        public void epochs(Job job, int epochs, double testAccuracy, double testLoss) {}

        @Override
        public void ended(JobResult result) {}
      };

  /** A job begins, or goes on from its checkpoint. */
  void started(Job job);

  /** An epoch of a job is complete; see {@link Progress#epochs}. */
  void epochs(Job job, int epochs, double testAccuracy, double testLoss);

  /** A job has ended, or had nothing left to do. */
  void ended(JobResult result);

  /**
   * A sweep that halves its runs has chosen.
   *
   * @param epochs after which
   * @param kept settings that go on
   * @param of so many
   */
  default void judged(int epochs, int kept, int of) {}
}
