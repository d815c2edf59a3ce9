package org.klif.spark;

import java.util.Locale;
import org.klif.sweep.Job;
import org.klif.sweep.JobListener;
import org.klif.sweep.JobResult;
import org.klif.sweep.SweepPlan;

/** A line for each epoch and each end of a run; where it runs, Spark's own events tell. */
final class SweepPrinter implements JobListener {
  private final Output output;
  private final int runs;
  private int done;

  SweepPrinter(Output output, SweepPlan plan) {
    this.output = output;
    this.runs = plan.runs().size();
  }

  @Override
  public void started(Job job) {
    // waits for Spark now
  }

  @Override
  public void epochs(Job job, int epochs, double testAccuracy, double testLoss) {
    output.line(
        String.format(
            Locale.ROOT,
            "%s  epoch %d/%d  test loss %.4f  test accuracy %.2f %%",
            job.id(),
            epochs,
            job.config().epochs(),
            testLoss,
            100 * testAccuracy));
  }

  @Override
  public void ended(JobResult result) {
    String id = result.job().id();
    if (result.isDone() && result.job().isWhole()) {
      done++;
    }
    switch (result.kind()) {
      case KEPT -> output.line("%s  was done already (%d of %d)".formatted(id, done, runs));
      case DONE -> output.line("%s  done (%d of %d)".formatted(id, done, runs));
      case FAILED -> output.note("%s failed: %s".formatted(id, result.message()));
      case INTERRUPTED, WAITING -> output.line(id + "  stopped");
    }
  }

  @Override
  public void judged(int epochs, int kept, int of) {
    output.line("after epoch %d the best %d of %d go on".formatted(epochs, kept, of));
  }
}
