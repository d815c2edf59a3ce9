package org.klif.reproduce;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.sweep.Job;
import org.klif.sweep.JobRunner;
import org.klif.sweep.Progress;

/**
 * Trains a run and, where protocol B holds samples out, measures the checkpoint that these chose on
 * the test samples.
 *
 * @param trainer computes the run
 * @param trust says which neurons from files may run
 * @param notes is told of recordings that become frames
 */
record MeasuredRunner(JobRunner trainer, Trust trust, Consumer<String> notes) implements JobRunner {
  @Override
  public void run(Job job, Path folder, Progress progress) throws InterruptedException {
    trainer.run(job, folder, progress);
    if (job.config().holdsOutValidation()) {
      TestScore.measure(new RunFolder(folder), job.config().dataFolder(), trust, notes);
    }
  }
}
