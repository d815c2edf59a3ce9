package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.klif.config.ConfigTree;
import org.klif.interchange.NirExport;
import org.klif.train.RunContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a run's network as a NIR graph. */
@Command(
    name = "nir",
    description =
        "Write the network of a run as a graph of the Neuromorphic Intermediate Representation"
            + " (HDF5).",
    footer = {"", "What has no node in NIR is refused with the reason; docs/INTERCHANGE.md."})
final class ExportNirCommand extends JsonCommand {
  @Mixin ExportOptions options = new ExportOptions();

  @Option(
      names = "--dt",
      paramLabel = "SECONDS",
      description = "Length of a time step; 1e-4 unless said.")
  double dt = NirExport.DEFAULT_DT;

  ExportNirCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    Path file = options.file(".nir");
    List<String> nodes;
    try (RunContext context = options.open(console)) {
      // where the data was is nobody's business but this machine's
      String config = ConfigTree.yaml(options.folder().readConfig().withDataFolder(""));
      nodes = NirExport.write(file, context.network(), dt, config);
    }
    result.put("run", options.run.toString()).put("file", file.toString()).put("dt", dt);
    ArrayNode names = result.putArray("nodes");
    for (String node : nodes) {
      names.add(node);
      console.out().println("  " + node);
    }
    console.out().println("file " + file);
    return KlifCommand.DONE;
  }
}
