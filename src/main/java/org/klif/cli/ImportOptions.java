package org.klif.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.run.RunFolder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of the commands that make a run of a file. */
final class ImportOptions {
  @Parameters(index = "0", paramLabel = "FILE", description = "What to import.")
  Path file;

  @Option(
      names = "--preset",
      paramLabel = "P",
      description = "Data set, network and neuron are those of a preset.")
  String preset;

  @Option(names = "--config", paramLabel = "FILE", description = "They are those of a config.yaml.")
  Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Change one setting, as in --set network=\"fc100 lif vote10\"; repeatable.")
  List<String> assignments = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "RUN",
      description = "Folder of the run that is made; runs/NAME-OF-FILE unless said.")
  Path out;

  @Mixin TrustOption trust = new TrustOption();

  /** Whether --preset or --config was given. */
  boolean hasBase() {
    return preset != null || config != null;
  }

  /** What --preset or --config says, or the defaults. */
  ConfigTree base() {
    if (preset != null && config != null) {
      throw new UsageException("--preset and --config exclude each other");
    }
    if (config != null) {
      return RunFolder.configTree(config);
    }
    return preset == null ? ConfigTree.defaults() : ConfigTree.preset(preset);
  }

  /** Sets what --set says. */
  void assign(ConfigTree tree) {
    assignments.forEach(tree::set);
  }

  /** The folder to make, which holds nothing yet. */
  RunFolder folder() {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    Path path = out == null ? Path.of("runs", dot > 0 ? name.substring(0, dot) : name) : out;
    RunFolder folder = new RunFolder(path);
    folder.requireUnused();
    return folder;
  }
}
