package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.interchange.NirImport;
import org.klif.neuron.NeuronSource;
import org.klif.run.RunFolder;
import org.klif.train.ImportedRun;
import org.klif.train.RunContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a run of a NIR graph. */
@Command(
    name = "nir",
    description =
        "Make a run of a graph of the Neuromorphic Intermediate Representation (HDF5). Data set and"
            + " T are those it was exported with, or those of --preset, --config and --set.",
    footer = {"", "Nodes without a counterpart are refused with the reason; docs/INTERCHANGE.md."})
final class ImportNirCommand extends JsonCommand {
  @Mixin ImportOptions options = new ImportOptions();

  @Option(
      names = "--dt",
      paramLabel = "SECONDS",
      description = "Length of a time step; the graph's own, or 1e-4, unless said.")
  Double dt;

  ImportNirCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    RunFolder folder = options.folder();
    NirImport graph = NirImport.read(options.file, dt);
    ConfigTree tree = settings(graph);
    RunConfig config = tree.build();
    try (RunContext context =
        RunContext.open(config.onDevice("cpu"), options.trust.naming(tree.namedFiles(), console))) {
      graph.load(context.network());
      ImportedRun.write(folder, config, context);
    }
    result.put("run", folder.path().toString()).put("file", options.file.toString());
    result.put("network", graph.network());
    ObjectNode settings = result.putObject("settings");
    graph.settings().forEach(settings::put);
    console.out().println("network " + graph.network());
    graph.settings().forEach((key, value) -> console.out().println("  " + key + " " + value));
    console.out().println("run " + folder.path());
    return KlifCommand.DONE;
  }

  /**
   * What a graph may say of its run: the data set and how to train on it. Files, folders and
   * devices are those of the machine on which it was written, or a trap.
   */
  private static final Set<String> TAKEN =
      Set.of(
          "preset",
          "data",
          "T",
          "epochs",
          "batch",
          "seed",
          "loss",
          "labelSmoothing",
          "tetLambda",
          "mixup",
          "cutmix",
          "dropout",
          "initialisation",
          "augmentation",
          "encoder",
          "frames",
          "split",
          "schedule");

  private static final List<String> TAKEN_GROUPS =
      List.of("neuron.", "events.", "optimizer.", "firingRate.");

  /** A file is refused with a word; for the others there is a default. */
  private boolean isTaken(String key, String value) {
    if (NeuronSource.isFile(value)
        && (key.equals("neuron.model") || key.equals("neuron.surrogate"))) {
      line(
          "note: %s names %s as %s; a graph's files are never taken",
          options.file, value.replaceAll("\\p{Cntrl}", "?"), key);
      return false;
    }
    return TAKEN.contains(key) || TAKEN_GROUPS.stream().anyMatch(key::startsWith);
  }

  private ConfigTree settings(NirImport graph) {
    String own = graph.config();
    boolean said =
        options.hasBase() || options.assignments.stream().anyMatch(a -> a.startsWith("data="));
    if (own == null && !said) {
      throw new UsageException(
          "%s does not say what data set it is for: --preset P, --config FILE or --set data=NAME"
                  .formatted(options.file)
              + " says it");
    }
    ConfigTree tree = options.base();
    if (own != null && !options.hasBase()) {
      tree.file(options.file + ", klif_config", own).retain(this::isTaken);
    }
    if (graph.steps() != null && !options.hasBase()) {
      tree.set("T", graph.steps(), options.file.toString());
    }
    tree.set("network", graph.network(), options.file.toString());
    graph.settings().forEach((key, value) -> tree.set(key, value, options.file.toString()));
    options.assign(tree);
    return tree;
  }
}
