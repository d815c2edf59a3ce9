package org.klif.sweep;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.config.ConfigTree;
import org.klif.config.Nearest;
import org.klif.io.Resource;
import org.klif.io.YamlNode;
import org.klif.run.RunFolder;

/**
 * What a sweep file says. Its keys are {@code name}, {@code base}, {@code variants}, {@code grid},
 * {@code random}, {@code seeds} and {@code halving}; docs/SWEEPS.md describes them.
 *
 * @param place the file, as messages call it
 * @param name of the sweep
 * @param base what all runs have in common
 * @param axes what they differ in
 * @param halving how runs are given up early, if they are
 */
public record SweepFile(
    String place, String name, Base base, List<Axis> axes, Optional<Halving> halving) {
  /** The sweeps that come with Klif, by name. */
  public static final List<String> NAMES =
      List.of(
          "ablation-k",
          "ablation-relu",
          "ablation-reset",
          "ablation-surrogate",
          "ablation-T",
          "ablation-initial-k",
          "ablation-neuron");

  /**
   * What all runs of a sweep have in common: a preset or a configuration file, and settings.
   *
   * @param preset its name, or null
   * @param config the file, or null
   * @param settings over it
   */
  record Base(String preset, Path config, List<Setting> settings) {
    Base {
      settings = List.copyOf(settings);
    }

    /** Its settings, to be changed by those of a run. */
    ConfigTree tree(String place) {
      ConfigTree tree;
      try {
        tree = config == null ? ConfigTree.preset(preset) : RunFolder.configTree(config);
      } catch (UsageException e) {
        throw new KlifException(place + ": " + e.getMessage(), e);
      }
      settings.forEach(s -> tree.setFromFile(s.key(), s.value(), s.place()));
      return tree;
    }
  }

  /** Copies what it is given. */
  public SweepFile {
    axes = List.copyOf(axes);
  }

  /**
   * The same sweep on another base: what is varied and the base's settings stay.
   *
   * @throws UsageException when there is no such preset
   */
  public SweepFile onPreset(String preset) {
    ConfigTree.preset(preset);
    return new SweepFile(
        place, name + "-" + preset, new Base(preset, null, base.settings()), axes, halving);
  }

  /**
   * Reads a file, or a sweep that comes with Klif.
   *
   * @param fileOrName a file, or one of {@link #NAMES}
   * @throws KlifException naming the line that is malformed; a {@link UsageException} when there is
   *     neither
   */
  public static SweepFile open(String fileOrName) {
    return parse(fileOrName, text(fileOrName), folder(fileOrName));
  }

  /** The text of a file, or of a sweep that comes with Klif. */
  public static String text(String fileOrName) {
    if (NAMES.contains(fileOrName)) {
      return Resource.text(SweepFile.class, "named/" + fileOrName + ".yaml");
    }
    Path file = Path.of(fileOrName);
    if (!Files.exists(file)) {
      throw new UsageException(
          "there is no sweep '%s'%s: name a file, or one of %s"
              .formatted(
                  fileOrName, Nearest.suggestion(fileOrName, NAMES), String.join(", ", NAMES)));
    }
    return YamlNode.text(file);
  }

  private static Path folder(String fileOrName) {
    Path parent = Path.of(fileOrName).getParent();
    return parent == null ? Path.of("") : parent;
  }

  /**
   * Reads a text.
   *
   * @param place what messages call it
   * @param folder from which a configuration file is looked for
   * @throws KlifException naming the line that is malformed
   */
  static SweepFile parse(String place, String text, Path folder) {
    return new SweepReader(place, folder).read(YamlNode.read(place, text));
  }
}
