package org.klif.sweep;

import java.util.regex.Pattern;
import org.klif.UsageException;
import org.klif.config.RunConfig;

/**
 * One training run of a sweep.
 *
 * @param id unique in its sweep and the name of the run's folder; it depends on what was swept
 *     only, so it is the same whenever the sweep is started again
 * @param config what to train
 * @param epochs to train so far, at most those of the configuration: fewer when a sweep halves its
 *     runs, which then go on from their checkpoints or do not
 */
public record Job(String id, RunConfig config, int epochs) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  /** Checks that the name can be a folder's. */
  public Job {
    if (!ID.matcher(id).matches()) {
      throw new UsageException("'" + id + "' cannot be the name of a run's folder");
    }
    if (epochs < 1 || epochs > config.epochs()) {
      throw new IllegalArgumentException(epochs + " epochs of " + config.epochs());
    }
  }

  /** A run that is trained to its end. */
  public Job(String id, RunConfig config) {
    this(id, config, config.epochs());
  }

  /** The same run, trained up to an epoch. */
  public Job upTo(int epoch) {
    return new Job(id, config, Math.min(epoch, config.epochs()));
  }

  /** Whether the run is to be trained to its end. */
  public boolean isWhole() {
    return epochs == config.epochs();
  }
}
