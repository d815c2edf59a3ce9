package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.interchange.TorchImport;
import org.klif.run.RunFolder;
import org.klif.train.ImportedRun;
import org.klif.train.RunContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Makes a run of the parameters of a PyTorch or SpikingJelly network. */
@Command(
    name = "spikingjelly",
    description =
        "Make a run of a state dict of PyTorch or SpikingJelly (safetensors), for a network that"
            + " --preset, --config or --set network=... describes.",
    footer = {
      "",
      "Modules are matched by kind and order, then by shape; a table says what went where."
    })
final class ImportSpikingJellyCommand extends JsonCommand {
  @Mixin ImportOptions options = new ImportOptions();

  ImportSpikingJellyCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    if (!options.hasBase()
        && options.assignments.stream().noneMatch(a -> a.startsWith("network"))) {
      throw new UsageException(
          "a state dict does not say what the network is: --preset P, --config FILE or --set"
              + " network=\"...\" says it");
    }
    RunFolder folder = options.folder();
    ConfigTree tree = options.base();
    options.assign(tree);
    RunConfig config = tree.build();
    List<TorchImport.Mapped> table;
    try (RunContext context =
        RunContext.open(config.onDevice("cpu"), options.trust.naming(tree.namedFiles(), console))) {
      table = TorchImport.load(options.file, context.network());
      ImportedRun.write(folder, config, context);
    }
    result.put("run", folder.path().toString()).put("file", options.file.toString());
    ArrayNode tensors = result.putArray("tensors");
    for (TorchImport.Mapped mapped : table) {
      ObjectNode line = tensors.addObject();
      line.put("klif", mapped.klif()).put("torch", mapped.torch());
      mapped.shape().forEach(line.putArray("shape")::add);
      line(
          "  %-28s <- %-36s %s",
          mapped.klif(),
          mapped.torch().isEmpty() ? "(not in the file: its first values)" : mapped.torch(),
          mapped.shape());
    }
    console.out().println("run " + folder.path());
    return KlifCommand.DONE;
  }
}
