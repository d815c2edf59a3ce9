package org.klif.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.run.RunFolder;
import org.klif.train.RunContext;
import picocli.CommandLine.Option;

/** Options of the commands that export a run. */
final class ExportOptions extends RunChoice {
  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where it goes; beside RUN, named after it, unless said.")
  Path out;

  /** Opens the run's network on the CPU, with its parameters. */
  RunContext open(Console console) {
    RunFolder folder = folder();
    RunContext context =
        RunContext.open(folder.readConfig().onDevice("cpu"), folder, trust.ofCommand(console));
    try {
      context.load(folder.checkpoint(checkpoint));
      return context;
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }

  /** The file that --out names, or the other one; never a folder. */
  static Path file(@Nullable Path out, Path otherwise) {
    Path file = out == null ? otherwise : out;
    if (file.toFile().isDirectory()) {
      throw new UsageException("--out " + file + " is a folder; name a file");
    }
    return file;
  }

  /** The file to write, its name ending as said where --out says nothing. */
  Path file(String ending) {
    Path path = run.toAbsolutePath().normalize();
    return file(out, run.resolveSibling(path.getFileName() + ending));
  }
}
