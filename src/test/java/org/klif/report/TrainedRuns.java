package org.klif.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.data.GeneratedSets;
import org.klif.train.Runs;

/**
 * Runs that were trained. Each is trained once in a JVM; a test gets a copy, which it may damage.
 */
final class TrainedRuns {
  private static final Path FOLDER = Path.of("target/report-runs-" + ProcessHandle.current().pid());
  private static final Map<RunConfig, Path> TRAINED = new HashMap<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(FOLDER)));
  }

  /** The preset digits as it is, but for its number of epochs. */
  static Path digits(Path to) {
    return copy(
        ConfigTree.preset("digits").set("epochs=2").set("batch=256").set("threads=1").build(), to);
  }

  /** A run of a network with one layer of neurons, which takes a fraction of a second. */
  static Path small(Path to, String... settings) {
    List<String> all =
        new ArrayList<>(List.of("network=fc40 bn sn | vote4", "batch=719", "threads=1"));
    all.addAll(List.of(settings));
    return copy(Runs.small(all.toArray(String[]::new)), to);
  }

  /** Many epochs and steps, of a set with few images. */
  static Path longRun(Path to) {
    Path images = FOLDER.resolve("images");
    if (!Files.exists(images)) {
      GeneratedSets.unpacked(GeneratedSets.cifar10(), images);
    }
    return small(
        to,
        "data=cifar10",
        "dataFolder=" + images.toAbsolutePath(),
        "network=c4k3p1 bn sn mp4 | c4k3p1 bn sn | c4k3p1 bn sn | fc100 bn sn | vote10",
        "batch=20",
        "T=64",
        "epochs=100");
  }

  private static synchronized Path copy(RunConfig config, Path to) {
    Path run =
        TRAINED.computeIfAbsent(
            config,
            settings -> {
              Path folder = FOLDER.resolve("run-" + TRAINED.size());
              Runs.train(folder, settings);
              return folder;
            });
    remove(to);
    for (Path file : files(run)) {
      try {
        Path copy = to.resolve(run.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return to;
  }

  /** Replaces a text in a file of a run, which must be there. */
  static void replace(Path file, String pattern, String replacement) throws IOException {
    String text = Files.readString(file);
    String replaced = text.replaceFirst(pattern, replacement);
    if (replaced.equals(text)) {
      throw new AssertionError(pattern + " is not in " + file);
    }
    Files.writeString(file, replaced);
  }

  /** What the report reads; the other files of a run are large. */
  private static List<Path> files(Path run) {
    return Stream.of("config.yaml", "metrics.csv", "trace.json").map(run::resolve).toList();
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.exists(folder) ? Files.walk(folder) : Stream.empty()) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TrainedRuns() {}
}
