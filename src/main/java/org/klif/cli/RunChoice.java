package org.klif.cli;

import java.nio.file.Path;
import org.klif.UsageException;
import org.klif.run.RunFolder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which trained run, and which of its checkpoints. */
abstract class RunChoice {
  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a run.")
  Path run;

  @Option(
      names = "--checkpoint",
      paramLabel = "NAME",
      defaultValue = "last",
      description = "last (default) or best.")
  String checkpoint;

  @Mixin TrustOption trust = new TrustOption();

  /** The run's folder. */
  RunFolder folder() {
    if (!checkpoint.equals("last") && !checkpoint.equals("best")) {
      throw new UsageException(
          "--checkpoint '%s' is unknown; there are last and best".formatted(checkpoint));
    }
    return RunFolder.existing(run);
  }
}
