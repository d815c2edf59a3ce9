package org.klif.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.Presets;
import org.klif.run.RunFolder;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What to train, and where: options that klif train and klif-spark train share. */
public final class TrainingOptions {
  @Parameters(
      arity = "0..1",
      paramLabel = "PRESET",
      description = "What to train: ${COMPLETION-CANDIDATES}.",
      completionCandidates = PresetNames.class)
  String preset;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Train what a config.yaml says, instead of a preset.")
  Path config;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in DIR, from its newest checkpoint.")
  Path resume;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training samples.")
  Integer epochs;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random.")
  Long seed;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or its parent.")
  Path data;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run's folder, new or empty; otherwise runs/PRESET-NEURON-sSEED.")
  Path out;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Any other setting, as in --set neuron.tau=2.5; may be repeated.")
  List<String> settings = new ArrayList<>();

  /** Names for the help. */
  static final class PresetNames implements Iterable<String> {
    @Override
    public java.util.Iterator<String> iterator() {
      return Presets.NAMES.iterator();
    }
  }

  /**
   * Checks that one of preset, --config and --resume is there, and says which.
   *
   * @param others options of the command that a resumed run takes from its config.yaml
   * @param allowed what may be given with --resume, for the message
   * @return the run to resume, or null
   */
  public @Nullable RunFolder resumed(String allowed, @Nullable Object... others) {
    long named = Stream.of(preset, config, resume).filter(Objects::nonNull).count();
    if (named != 1) {
      throw new UsageException(
          named == 0
              ? "train what? Name a preset (%s), or use --config FILE or --resume DIR"
                  .formatted(String.join(", ", Presets.NAMES))
              : "a preset, --config and --resume exclude each other");
    }
    if (resume == null) {
      return null;
    }
    if (!settings.isEmpty()
        || Stream.concat(Stream.of(out, epochs, seed), Stream.of(others))
            .anyMatch(Objects::nonNull)) {
      throw new UsageException(
          "--resume takes everything from the folder's config.yaml; only %s may be given with it"
              .formatted(allowed));
    }
    return RunFolder.existing(resume);
  }

  /** The configuration of a new run. */
  public ConfigTree configuration() {
    ConfigTree tree = preset == null ? RunFolder.configTree(config) : ConfigTree.preset(preset);
    settings.forEach(tree::set);
    set(tree, "epochs", "--epochs", epochs);
    set(tree, "seed", "--seed", seed);
    set(tree, "dataFolder", "--data", dataFolder());
    return tree;
  }

  /** --data; a run is resumed from any folder, so it keeps the whole path. */
  public @Nullable String dataFolder() {
    return data == null ? null : data.toAbsolutePath().normalize().toString();
  }

  /** --out. */
  public @Nullable Path out() {
    return out;
  }

  /** Sets a key from an option that was given. */
  public static void set(ConfigTree tree, String key, String option, @Nullable Object value) {
    if (value != null) {
      tree.set(key, value.toString(), option + " " + value);
    }
  }
}
