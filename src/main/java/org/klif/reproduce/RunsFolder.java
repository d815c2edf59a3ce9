package org.klif.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.sweep.Job;
import org.klif.sweep.RunStatus;
import org.klif.train.Checkpoint;

/** The runs of the table on the disk, each read once when it is finished. */
final class RunsFolder {
  private final Path path;
  private final ReproduceOptions options;
  private final String dataFolder;
  private final Optional<KeptResults> kept;
  private final Map<Experiment, RunConfig> configs = new HashMap<>();
  private final Map<Experiment, FinishedRun> finished = new HashMap<>();

  /**
   * Nothing is read yet.
   *
   * @param path the folder of the runs' folders
   */
  RunsFolder(Path path, ReproduceOptions options, String dataFolder) {
    this.path = path;
    this.options = options;
    this.dataFolder = dataFolder;
    this.kept = options.results().map(KeptResults::new);
  }

  Path path() {
    return path;
  }

  RunFolder folder(Experiment experiment) {
    return new RunFolder(path.resolve(experiment.id()));
  }

  Job job(Experiment experiment) {
    return new Job(experiment.id(), config(experiment));
  }

  private synchronized RunConfig config(Experiment experiment) {
    return configs.computeIfAbsent(
        experiment, e -> e.config(options.device(), options.threads(e.row()), dataFolder));
  }

  private RunStatus status(Experiment experiment) {
    // most are not there, and a configuration takes its time to make
    Path run = folder(experiment).path();
    RunStatus status = Files.exists(run) ? RunStatus.of(run, config(experiment)) : RunStatus.ABSENT;
    return status != RunStatus.FINISHED && isKept(experiment) ? RunStatus.FINISHED : status;
  }

  /** Whether what is known of a run lies in the folder of kept results. */
  private boolean isKept(Experiment experiment) {
    return kept.isPresent()
        && Files.exists(kept.get().folder(experiment).path())
        && kept.get().has(experiment, config(experiment));
  }

  /** Where the files of a finished run are, when its own folder is not whole: the kept ones. */
  private RunFolder finishedFolder(Experiment experiment) {
    RunFolder run = folder(experiment);
    return Files.exists(run.trace()) || kept.isEmpty() ? run : kept.get().folder(experiment);
  }

  /** Whether a run has more than what is kept: checkpoints and a trace. */
  boolean isWhole(Experiment experiment) {
    return Files.exists(folder(experiment).trace());
  }

  /** Epochs that a run still has to do. */
  int epochsLeft(Experiment experiment, RunStatus status) {
    RunConfig config = config(experiment);
    return status == RunStatus.STARTED
        ? Math.max(0, config.epochs() - Checkpoint.trained(folder(experiment)).epochs())
        : config.epochs();
  }

  /** Reads a run that is finished now. */
  synchronized FinishedRun read(Experiment experiment) {
    FinishedRun run = FinishedRun.read(experiment, finishedFolder(experiment));
    finished.put(experiment, run);
    return run;
  }

  /** Keeps what the table needs of a run that was read, where there is a folder for it. */
  void keep(Experiment experiment) {
    FinishedRun run = finished().get(experiment);
    boolean measured = run != null && run.accuracy(experiment.line()).isPresent();
    if (kept.isPresent() && measured && isWhole(experiment)) {
      kept.get().keep(experiment, folder(experiment));
    }
  }

  /** What was read so far. */
  synchronized Map<Experiment, FinishedRun> finished() {
    return Map.copyOf(finished);
  }

  /**
   * Reads which of these are finished; what cannot be read is a problem, not the end.
   *
   * @param wanted those whose problems matter
   * @param problems gets a sentence for each
   * @return how far each is; one with a problem is left out
   */
  Map<Experiment, RunStatus> look(
      Set<Experiment> experiments, Set<Experiment> wanted, List<String> problems) {
    Map<Experiment, RunStatus> all = new HashMap<>();
    for (Experiment experiment : experiments) {
      String problem = "";
      try {
        RunStatus status = status(experiment);
        if (status == RunStatus.DIFFERENT) {
          problem = different(experiment);
        } else {
          all.put(experiment, status);
        }
        if (status == RunStatus.FINISHED && !finished().containsKey(experiment)) {
          read(experiment);
        }
      } catch (KlifException e) {
        problem = "%s: %s".formatted(experiment.id(), e.getMessage());
        all.remove(experiment);
      }
      if (!problem.isEmpty() && wanted.contains(experiment)) {
        problems.add(problem);
      }
    }
    return all;
  }

  private String different(Experiment experiment) {
    return "%s holds the run of another configuration; choose another --out, or remove it"
        .formatted(folder(experiment).path());
  }

  /** Median seconds of an epoch of a run that has some. */
  OptionalDouble secondsPerEpoch(Experiment experiment) {
    return finishedFolder(experiment).medianSecondsPerEpoch();
  }
}
