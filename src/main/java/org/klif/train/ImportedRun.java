package org.klif.train;

import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.optim.Optimizer;
import org.klif.run.RunFolder;
import org.klif.run.RunLog;

/**
 * A run folder made of a network whose parameters came from elsewhere: complete, as if a training
 * had been stopped ahead of its first step, so that eval, predict and train --resume take it.
 */
public final class ImportedRun {

  /**
   * Writes config.yaml and the first checkpoint.
   *
   * @param folder new or empty; when something fails, nothing of it stays
   * @param config what config.yaml shall say
   * @param context the network with its parameters; opened with a configuration that differs at
   *     most in device and threads
   */
  public static void write(RunFolder folder, RunConfig config, RunContext context) {
    RunConfig complete = config.complete();
    try (RunLog log = folder.create(complete, context.neurons())) {
      log.write("imported");
      fill(folder, complete, context);
    }
  }

  private static void fill(RunFolder folder, RunConfig complete, RunContext context) {
    try (Optimizer optimizer = new Optimizer(context.network(), complete.optimizer().options())) {
      Checkpoint.writeLast(
          folder, TrainState.start(complete, context.neurons()), context.network(), optimizer);
    } catch (KlifException e) {
      folder.removeUnstarted(e);
      throw e;
    }
  }

  private ImportedRun() {}
}
