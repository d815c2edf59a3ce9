package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.klif.neuron.file.NeuronFile;
import org.klif.workbench.Starter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a neuron to start from. */
@Command(
    name = "new",
    description =
        "Write NAME.cuh, a neuron that works, and NAME.check.yaml, what is expected of it.")
final class KernelNewCommand extends JsonCommand {
  @Parameters(index = "0", paramLabel = "NAME", description = "Its name: a-z, 0-9 and _.")
  String name;

  @Option(names = "--force", description = "Replace files that are there.")
  boolean force;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "",
      description = "Where; the current folder unless given.")
  Path folder;

  KernelNewCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    NeuronFile.requireFree(name, "klif kernel new " + name);
    List<Path> files = Starter.write(folder, name, force);
    ArrayNode array = result.putArray("files");
    for (Path file : files) {
      array.add(file.toString());
      console.out().println("wrote " + file);
    }
    line("next: klif kernel check %s", files.get(0));
    return KlifCommand.DONE;
  }
}
