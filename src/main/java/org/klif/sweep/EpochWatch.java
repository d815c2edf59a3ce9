package org.klif.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** Follows a run that another process computes by its metrics.csv. Used by one thread. */
public final class EpochWatch {
  private final Path folder;
  private final Progress progress;
  private int told;

  /** Of the run in a folder, which need not be there yet. */
  public EpochWatch(Path folder, Progress progress) {
    this.folder = folder;
    this.progress = progress;
  }

  /** Tells of the newest epoch when it was not told of yet. */
  public void look() {
    Path file = new RunFolder(folder).metrics();
    if (!Files.exists(file)) {
      return;
    }
    int epochs;
    try {
      epochs = RunMetrics.read(file).epochs();
    } catch (KlifException e) {
      // between its making and its first line; the process itself speaks of damage
      return;
    }
    if (epochs > told) {
      RunOutcome outcome = RunOutcome.read(folder);
      progress.epochs(outcome.epochs(), outcome.testAccuracy(), outcome.testLoss());
      told = epochs;
    }
  }
}
