package org.klif.sweep;

import java.nio.file.Path;
import org.klif.KlifException;

/**
 * Where and how a run is computed: in a process of this machine, on a cluster. Used by several
 * threads at once, never for the same folder.
 */
@FunctionalInterface
public interface JobRunner {
  /**
   * Trains a run up to {@link Job#epochs}: from its first step, or from the newest checkpoint in
   * the folder.
   *
   * @param folder of the run; it is absent, or holds a run of this configuration
   * @param progress is told of each epoch
   * @throws KlifException when the run failed; the message says why, without the run's name
   * @throws InterruptedException when the thread was interrupted or the run asked to stop; its last
   *     steps are then in a checkpoint
   */
  void run(Job job, Path folder, Progress progress) throws InterruptedException;
}
