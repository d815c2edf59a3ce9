package org.klif.cli;

import java.nio.file.Path;
import org.klif.UsageException;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.train.RunContext;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of the commands that export a run. */
final class ExportOptions {
  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a run.")
  Path run;

  @Option(
      names = "--checkpoint",
      paramLabel = "NAME",
      defaultValue = "last",
      description = "last (default) or best.")
  String checkpoint;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where it goes; beside RUN, named after it, unless said.")
  Path out;

  @Mixin TrustOption trust = new TrustOption();

  /** Opens the run's network on the CPU, with its parameters. */
  RunContext open(Console console) {
    if (!checkpoint.equals("last") && !checkpoint.equals("best")) {
      throw new UsageException(
          "--checkpoint '%s' is unknown; there are last and best".formatted(checkpoint));
    }
    RunFolder folder = RunFolder.existing(run);
    RunContext context =
        RunContext.open(config().onDevice("cpu"), folder, trust.ofCommand(console));
    try {
      context.load(folder.checkpoint(checkpoint));
      return context;
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }

  /** The run's configuration. */
  RunConfig config() {
    return RunFolder.existing(run).readConfig();
  }

  /** The file to write, its name ending as said where --out says nothing. */
  Path file(String ending) {
    Path path = run.toAbsolutePath().normalize();
    Path file = out == null ? run.resolveSibling(path.getFileName() + ending) : out;
    if (file.toFile().isDirectory()) {
      throw new UsageException("--out " + file + " is a folder; name a file");
    }
    return file;
  }
}
