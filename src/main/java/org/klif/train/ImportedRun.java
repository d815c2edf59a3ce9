package org.klif.train;

import org.klif.config.RunConfig;
import org.klif.optim.Optimizer;
import org.klif.run.RunFolder;

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
    folder.start(
        complete,
        context.neurons(),
        log -> {
          log.write("imported");
          try (Optimizer optimizer =
              new Optimizer(context.network(), complete.optimizer().options())) {
            Checkpoint.writeLast(
                folder,
                TrainState.start(complete, context.neurons()),
                context.network(),
                optimizer);
          }
          return folder;
        });
  }

  private ImportedRun() {}
}
