package org.klif.cli;

import org.klif.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Makes runs of networks of other frameworks: import spikingjelly. */
@Command(
    name = "import",
    description = "Make a run of a network that was trained elsewhere.",
    synopsisSubcommandLabel = "(spikingjelly)")
final class ImportCommand implements Runnable {
  @Mixin CommonOptions common = new CommonOptions();

  private ImportCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Console console) {
    return new CommandLine(new ImportCommand())
        .addSubcommand("spikingjelly", new ImportSpikingJellyCommand(console));
  }

  @Override
  public void run() {
    throw new UsageException("klif import from what? There are spikingjelly");
  }
}
