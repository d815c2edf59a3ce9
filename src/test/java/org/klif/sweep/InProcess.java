package org.klif.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.run.RunFolder;
import org.klif.train.EpochResult;
import org.klif.train.Runs;
import org.klif.train.StopRule;
import org.klif.train.TrainListener;

/** Computes runs in this process, and writes down what it was asked for. */
final class InProcess implements JobRunner {
  final List<String> asked = new ArrayList<>();

  @Override
  public void run(Job job, Path folder, Progress progress) {
    asked.add(job.id() + ":" + job.epochs());
    RunFolder run = new RunFolder(folder);
    StopRule stop = new StopRule(job.epochs(), () -> false);
    TrainListener listener =
        new TrainListener() {
          @Override
          public void note(String line) {}

          @Override
          public void warn(String line) {}

          @Override
          public void step(TrainListener.Progress step) {}

          @Override
          public void epoch(TrainListener.Progress step, EpochResult result, boolean best) {
            progress.epochs(result.epoch(), result.testAccuracy(), result.testLoss());
          }
        };
    if (Files.exists(run.last())) {
      Runs.resume(run, null, listener, stop);
    } else {
      Runs.start(job.config(), run, listener, stop);
    }
  }
}
