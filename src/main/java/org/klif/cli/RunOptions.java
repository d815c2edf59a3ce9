package org.klif.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.device.DeviceOptions;
import org.klif.run.RunFolder;
import org.klif.train.RunContext;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of the commands that use a trained run. */
final class RunOptions {
  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a run.")
  Path run;

  @Option(
      names = "--checkpoint",
      paramLabel = "NAME",
      defaultValue = "last",
      description = "last (default) or best.")
  String checkpoint;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Another device than the run's," + " with the defaults of its options.")
  String device;

  @Option(names = "--threads", paramLabel = "N", description = "Another number of threads.")
  Integer threads;

  @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

  @Mixin TrustOption trust = new TrustOption();

  RunFolder folder() {
    if (!checkpoint.equals("last") && !checkpoint.equals("best")) {
      throw new UsageException(
          "--checkpoint '%s' is unknown; there are last and best".formatted(checkpoint));
    }
    if (threads != null) {
      DeviceOptions checked = new DeviceOptions(threads);
      threads = checked.threads();
    }
    return RunFolder.existing(run);
  }

  String checkpointName() {
    return checkpoint;
  }

  Path checkpoint(RunFolder folder) {
    return folder.checkpoint(checkpoint);
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
    return RunContext.open(tree.build(), folder, trust.ofCommand(console));
  }
}
