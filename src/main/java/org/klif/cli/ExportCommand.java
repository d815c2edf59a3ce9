package org.klif.cli;

import org.klif.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Writes trained networks for other frameworks: export nir, spikingjelly. */
@Command(
    name = "export",
    description = "Write a trained network for other frameworks.",
    synopsisSubcommandLabel = "(nir | spikingjelly)")
final class ExportCommand implements Runnable {
  @Mixin CommonOptions common = new CommonOptions();

  private ExportCommand() {}

  /** The command with its own commands. */
  static CommandLine commandLine(Console console) {
    return new CommandLine(new ExportCommand())
        .addSubcommand("nir", new ExportNirCommand(console))
        .addSubcommand("spikingjelly", new ExportSpikingJellyCommand(console));
  }

  @Override
  public void run() {
    throw new UsageException("klif export to what? There are nir and spikingjelly");
  }
}
