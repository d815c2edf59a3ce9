package org.klif.spark.worker;

import org.klif.train.EpochResult;
import org.klif.train.TrainListener;

/** Everything that is worth a line goes to standard error, which is a file. */
final class WorkerLog implements TrainListener {
  @Override
  public void note(String line) {
    System.err.println(line);
  }

  @Override
  public void warn(String line) {
    System.err.println("warning: " + line);
  }

  @Override
  public void step(Progress progress) {
    // too often for a log
  }

  @Override
  public void epoch(Progress progress, EpochResult result, boolean best) {
    note(TrainListener.line(progress, result, best));
  }
}
