package org.klif.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.io.AtomicFile;
import org.klif.io.YamlNode;

/**
 * Where the files of a sweep are.
 *
 * @param path the folder
 */
public record SweepFolder(Path path) {
  private static final String THREADS = "threads";

  /** The runs, each in a folder of its id. */
  public Path runs() {
    return path.resolve("runs");
  }

  /** What the processes of the runs were given and printed. */
  public Path processes() {
    return path.resolve("processes");
  }

  /** One line a run; nothing in it depends on time, machine or interruptions. */
  public Path results() {
    return path.resolve("results.csv");
  }

  /** How long the runs took, one line each. */
  public Path times() {
    return path.resolve("times.csv");
  }

  /** The results for people: mean and spread over seeds. */
  public Path table() {
    return path.resolve("results.md");
  }

  /** The comparison of the runs. */
  public Path comparison() {
    return path.resolve("comparison.html");
  }

  /** A copy of the sweep file. */
  public Path copy() {
    return path.resolve("sweep.yaml");
  }

  private Path fixed() {
    return path.resolve("fixed.yaml");
  }

  /**
   * The threads of each run: as when the sweep was first started, so that its bits stay the same
   * when it is started again with another number of runs at once.
   *
   * @param wanted for a sweep that is new
   */
  public int threads(int wanted) {
    if (!Files.exists(fixed())) {
      return wanted;
    }
    YamlNode.Fields fields = YamlNode.read(fixed().toString(), YamlNode.text(fixed()));
    YamlNode node = fields.values().get(THREADS);
    if (node == null) {
      throw fields.error(THREADS + " is missing");
    }
    return (int) SweepReader.whole(SweepReader.scalar(node, THREADS), THREADS, 1);
  }

  /** Writes down the threads of each run, and the sweep file; makes the folder. */
  public void write(String sweepFile, int threads) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new KlifException("Cannot create %s: %s".formatted(path, AtomicFile.reason(e)), e);
    }
    if (!Files.exists(fixed())) {
      String text =
          "# Decided when the sweep was first started: threads of each run that names none.\n%s: %d\n"
              .formatted(THREADS, threads);
      AtomicFile.write(fixed(), text);
    }
    AtomicFile.write(copy(), sweepFile);
  }
}
