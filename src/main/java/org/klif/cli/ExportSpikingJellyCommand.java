package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.klif.interchange.TorchExport;
import org.klif.train.RunContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the parameters of a run under PyTorch's and SpikingJelly's names. */
@Command(
    name = "spikingjelly",
    description =
        "Write the parameters of a run as a state dict (safetensors) of an nn.Sequential of PyTorch"
            + " and SpikingJelly modules.")
final class ExportSpikingJellyCommand extends JsonCommand {
  @Mixin ExportOptions options = new ExportOptions();

  @Option(
      names = "--root",
      paramLabel = "NAME",
      defaultValue = "conv_fc",
      description = "Attribute that holds the Sequential; conv_fc unless said.")
  String root;

  ExportSpikingJellyCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    Path file = options.file(".safetensors");
    List<TorchExport.Line> lines;
    try (RunContext context = options.open(console)) {
      lines = TorchExport.write(file, context.network(), root);
    }
    result.put("run", options.run.toString()).put("file", file.toString());
    ArrayNode modules = result.putArray("modules");
    for (TorchExport.Line line : lines) {
      ObjectNode module = modules.addObject();
      module.put("path", line.path()).put("module", line.module()).put("layer", line.layer());
      line.tensors().keySet().forEach(module.putArray("tensors")::add);
      line("  %-16s %-44s %s", line.path(), line.module(), line.layer());
      line.tensors().forEach((name, shape) -> line("      %s %s", name, shape));
    }
    console.out().println("file " + file);
    return KlifCommand.DONE;
  }
}
