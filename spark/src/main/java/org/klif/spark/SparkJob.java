package org.klif.spark;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaFutureAction;
import org.klif.KlifException;
import org.klif.spark.task.TaskFailure;
import org.klif.sweep.EpochWatch;
import org.klif.sweep.Progress;

/** A job that Spark works on, and the run that it computes. */
final class SparkJob {
  private static final int POLL_MILLIS = 200;

  /**
   * Waits for its end; when this thread is interrupted, the job is cancelled.
   *
   * @param folder of the run
   * @param progress is told of each epoch
   * @throws KlifException when Spark has given it up; the message is that of the process
   */
  static void await(JavaFutureAction<?> job, Path folder, Progress progress)
      throws InterruptedException {
    EpochWatch watch = new EpochWatch(folder, progress);
    boolean ended = false;
    try {
      while (!isDone(job)) {
        watch.look();
      }
      ended = true;
      watch.look();
    } finally {
      if (!ended) {
        job.cancel(true);
      }
    }
  }

  private static boolean isDone(JavaFutureAction<?> job) throws InterruptedException {
    try {
      job.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new KlifException(TaskFailure.sentence(String.valueOf(e.getCause().getMessage())), e);
    }
  }

  private SparkJob() {}
}
