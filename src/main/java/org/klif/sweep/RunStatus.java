package org.klif.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.train.Checkpoint;

/** How far the run in a folder is. */
public enum RunStatus {
  /** There is no run, or one that was killed ahead of its first checkpoint. */
  ABSENT,
  /** It has a checkpoint, from which it can be resumed. */
  STARTED,
  /** Its last epoch and its trace are written. */
  FINISHED,
  /** The folder holds the run of another configuration. */
  DIFFERENT;

  private static final String AUTO = "auto";

  /**
   * Looks at a folder.
   *
   * @param config of the run that should be there; where the data lies, a device of {@code auto}
   *     and a number of threads of 0 on either side are not compared
   * @throws org.klif.KlifException when the folder's configuration or checkpoint cannot be read
   */
  public static RunStatus of(Path folder, RunConfig config) {
    RunFolder run = new RunFolder(folder);
    if (!Files.exists(run.config())) {
      return ABSENT;
    }
    if (between(run.readConfig(), config).isPresent()) {
      return DIFFERENT;
    }
    if (!Files.exists(run.last())) {
      return ABSENT;
    }
    boolean complete =
        Files.exists(run.trace()) && Checkpoint.trained(run).epochs() >= run.readConfig().epochs();
    return complete ? FINISHED : STARTED;
  }

  /**
   * Whether a job has nothing left to do in its folder. A run that was killed between the
   * checkpoint of an epoch and that epoch's line in metrics.csv has: its next start writes the
   * line.
   */
  static boolean isDone(Path folder, Job job) {
    RunStatus status = of(folder, job.config());
    if (status != STARTED || job.isWhole()) {
      return status == FINISHED;
    }
    RunFolder run = new RunFolder(folder);
    return Checkpoint.trained(run).epochs() >= job.epochs()
        && Files.exists(run.metrics())
        && RunMetrics.read(run.metrics()).epochs() >= job.epochs();
  }

  /** What the run in a folder differs in, as in "epochs is 3 there and 5 here". */
  public static Optional<String> difference(Path folder, RunConfig config) {
    RunFolder run = new RunFolder(folder);
    return Files.exists(run.config()) ? between(run.readConfig(), config) : Optional.empty();
  }

  /**
   * The first setting that differs, in a few words; empty when both are the same run.
   *
   * @param there as the folder's config.yaml has it
   * @param wanted as the sweep has it
   */
  private static Optional<String> between(RunConfig there, RunConfig wanted) {
    Map<String, String> one = ConfigTree.values(comparable(there, wanted));
    Map<String, String> two = ConfigTree.values(comparable(wanted, there));
    return two.keySet().stream()
        .filter(key -> !two.get(key).equals(one.get(key)))
        .findFirst()
        .map(key -> "%s is %s there and %s here".formatted(key, one.get(key), two.get(key)));
  }

  /** Complete, and without what says nothing of the run beside the other. */
  private static RunConfig comparable(RunConfig config, RunConfig other) {
    RunConfig result = config.complete().withDataFolder("").withNeuronContents();
    if (config.device().equals(AUTO) || other.device().equals(AUTO)) {
      result = result.withDevice(AUTO);
    }
    if (config.threads() == 0 || other.threads() == 0) {
      result = result.withThreads(0);
    }
    return result;
  }
}
