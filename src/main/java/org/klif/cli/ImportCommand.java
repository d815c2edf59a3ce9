package org.klif.cli;

import org.klif.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Makes runs of networks of other frameworks: import nir, spikingjelly. */
@Command(
    name = "import",
    description = "Make a run of a network that was trained elsewhere.",
    synopsisSubcommandLabel = "(nir | spikingjelly)")
final class ImportCommand implements Runnable {
  @Mixin CommonOptions common = new CommonOptions();

  private ImportCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Console console) {
    return new CommandLine(new ImportCommand())
        .addSubcommand("nir", new ImportNirCommand(console))
        .addSubcommand("spikingjelly", new ImportSpikingJellyCommand(console));
  }

  @Override
  public void run() {
    throw new UsageException("klif import from what? There are nir and spikingjelly");
  }
}
