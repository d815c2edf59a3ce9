package org.klif.cli;

import org.jspecify.annotations.Nullable;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.device.DeviceOptions;
import org.klif.run.RunFolder;
import org.klif.train.RunContext;
import org.klif.train.Trained;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that use a trained run. */
final class RunOptions extends RunChoice {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Another device than the run's, with the defaults of its options.")
  String device;

  @Option(names = "--threads", paramLabel = "N", description = "Another number of threads.")
  Integer threads;

  @Option(
      names = "--T",
      paramLabel = "N",
      description = "Run the network for N time steps instead of the training's.")
  Integer steps;

  @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

  @Override
  RunFolder folder() {
    if (threads != null) {
      threads = new DeviceOptions(threads).threads();
    }
    return super.folder();
  }

  /** Opens the run's device and network; the data may be elsewhere now. */
  RunContext open(RunFolder folder, @Nullable String dataFolder, Console console) {
    RunConfig config = folder.readConfig();
    if (dataFolder != null) {
      config = config.withDataFolder(dataFolder);
    }
    if (device != null) {
      config = config.onDevice(device);
    }
    if (threads != null) {
      config = config.withThreads(threads);
    }
    ConfigTree tree = new ConfigTree(config);
    accelerator.set(tree);
    TrainingOptions.set(tree, "T", "--T", steps);
    return RunContext.open(tree.build(), folder, trust.ofCommand(console));
  }

  /** Loads the checkpoint, and says what another number of steps than the training's changes. */
  Trained load(RunContext context, RunFolder folder, Console console) {
    int trainedSteps = folder.readConfig().steps();
    Trained trained = context.load(folder.checkpoint(checkpoint), trainedSteps);
    RunConfig config = context.config();
    if (config.steps() != trainedSteps) {
      String change =
          !context.entry().shape().isStatic()
              ? "a recording becomes %d frames (%s)".formatted(config.steps(), config.frames())
              : config.encoding().isDirect()
                  ? "an image is shown for %d steps".formatted(config.steps())
                  : "an image becomes %d frames (%s)".formatted(config.steps(), config.encoder());
      console.line(
          "note: T is %d, and the network was trained with %d: %s, and its output is the mean"
              + " over them",
          config.steps(), trainedSteps, change);
    }
    return trained;
  }
}
