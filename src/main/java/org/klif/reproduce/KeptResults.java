package org.klif.reproduce;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.io.AtomicFile;
import org.klif.io.WholeFile;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.sweep.RunStatus;

/**
 * A folder that keeps of each finished run what the table needs, small enough to be committed: a
 * folder of the run's name with config.yaml, metrics.csv, run.json and, under protocol B,
 * test.json. Such a run counts as finished, whoever made it.
 *
 * @param path the folder; need not be there
 */
record KeptResults(Path path) {
  RunFolder folder(Experiment experiment) {
    return new RunFolder(path.resolve(experiment.id()));
  }

  /**
   * Whether a run is there, to its last epoch.
   *
   * @param config of the run that is wanted
   * @throws KlifException when its files cannot be read, or are those of another run
   */
  boolean has(Experiment experiment, RunConfig config) {
    RunFolder kept = folder(experiment);
    if (!Files.exists(kept.config()) || !Files.exists(kept.metrics())) {
      return false;
    }
    // whoever made it had other processors
    RunStatus.difference(kept.path(), config.withThreads(0).withDevice("auto"))
        .ifPresent(
            difference -> {
              throw new KlifException(kept.path() + " holds another run: " + difference);
            });
    double[] epochs = RunMetrics.read(kept.metrics()).column("epoch");
    if (epochs.length < config.epochs()) {
      throw new KlifException(
          "%s has %d of %d epochs; only finished runs belong there"
              .formatted(kept.metrics(), epochs.length, config.epochs()));
    }
    return true;
  }

  /** Keeps a run that is finished. */
  void keep(Experiment experiment, RunFolder run) {
    RunFolder kept = folder(experiment);
    try {
      Files.createDirectories(kept.path());
      RunSummary.of(run).write(kept.path());
      copy(run, kept, "metrics.csv");
      copy(run, kept, TestScore.FILE);
      // where the data lay says nothing of the run
      String config = ConfigTree.yaml(run.readConfig().withDataFolder(""));
      AtomicFile.write(kept.config(), config);
    } catch (IOException e) {
      throw new KlifException("Cannot write " + kept.path() + ": " + AtomicFile.reason(e), e);
    }
  }

  private static void copy(RunFolder from, RunFolder to, String name) {
    Path file = from.path().resolve(name);
    if (Files.exists(file)) {
      AtomicFile.write(to.path().resolve(name), WholeFile.bytes(file, WholeFile.LARGEST));
    }
  }
}
