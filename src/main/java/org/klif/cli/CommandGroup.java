package org.klif.cli;

import java.util.List;
import org.klif.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that is only the name of several: klif data of get, check and others. */
@Command
final class CommandGroup implements Runnable {
  private final String question;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec CommandSpec spec;

  private CommandGroup(String question) {
    this.question = question;
  }

  /**
   * The command with its own commands.
   *
   * @param question what is asked where none of them is named
   */
  static CommandLine of(String name, String description, String question, JsonCommand... commands) {
    CommandLine group = new CommandLine(new CommandGroup(question));
    for (JsonCommand command : commands) {
      group.addSubcommand(command);
    }
    String label = "(" + String.join(" | ", group.getSubcommands().keySet()) + ")";
    group
        .getCommandSpec()
        .name(name)
        .usageMessage()
        .description(description)
        .synopsisSubcommandLabel(label);
    return group;
  }

  @Override
  public void run() {
    List<String> names = List.copyOf(spec.subcommands().keySet());
    int last = names.size() - 1;
    throw new UsageException(
        "%s There are %s and %s"
            .formatted(question, String.join(", ", names.subList(0, last)), names.get(last)));
  }
}
