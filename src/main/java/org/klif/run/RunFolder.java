package org.klif.run;

import com.google.common.collect.Lists;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;
import org.klif.io.YamlNode;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;

/**
 * Where the files of a run are.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  private static final int MOST_NUMBERED = 100_000;

  /** What a run can have written ahead of its first checkpoint, with temporary files. */
  private static final Pattern FIRST_FILES =
      Pattern.compile(
          "|log\\.txt|(config\\.yaml|algorithms\\.json|neurons/[^/]+\\.cuh)(\\.[0-9a-f]{16}\\.tmp)?"
              + "|neurons|checkpoints(/(last|best)\\.(safetensors|json)\\.[0-9a-f]{16}\\.tmp)?");

  /** The configuration, complete. */
  public Path config() {
    return path.resolve("config.yaml");
  }

  /** One line an epoch. */
  public Path metrics() {
    return path.resolve("metrics.csv");
  }

  /** What the trained network does with one sample, for the report. */
  public Path trace() {
    return path.resolve("trace.json");
  }

  /** What was printed, with the time. */
  public Path log() {
    return path.resolve("log.txt");
  }

  /** Which algorithms a device chose by measurement, so that a resumed run takes the same. */
  public Path algorithms() {
    return path.resolve("algorithms.json");
  }

  /** Copies of the files of neurons and surrogates that the run uses. */
  public Path neurons() {
    return path.resolve("neurons");
  }

  private Path checkpoints() {
    return path.resolve("checkpoints");
  }

  /** The newest checkpoint. */
  public Path last() {
    return checkpoints().resolve("last.safetensors");
  }

  /** A readable copy of the state in the newest checkpoint. */
  public Path lastState() {
    return checkpoints().resolve("last.json");
  }

  /** The network of the epoch with the best test accuracy. */
  public Path best() {
    return checkpoints().resolve("best.safetensors");
  }

  /** A checkpoint by its name, last or best. */
  public Path checkpoint(String name) {
    return checkpoints().resolve(name + ".safetensors");
  }

  /** Median over the epochs, without evaluation; empty before the first. */
  public OptionalDouble medianSecondsPerEpoch() {
    return median("seconds");
  }

  /** Median of a column of metrics.csv; empty when no epoch has a value. */
  public OptionalDouble median(String column) {
    return Files.exists(metrics())
        ? RunMetrics.read(metrics()).median(column)
        : OptionalDouble.empty();
  }

  /** The folder of a run that exists. */
  public static RunFolder existing(Path path) {
    RunFolder folder = new RunFolder(path);
    if (!Files.isDirectory(path)) {
      throw new KlifException("there is no run " + path);
    }
    if (!Files.isRegularFile(folder.config())) {
      throw new KlifException(path + " is not a run: it has no config.yaml");
    }
    return folder;
  }

  /** The configuration in config.yaml. */
  public RunConfig readConfig() {
    return configTree(config()).build();
  }

  /** The settings in a file. */
  public static ConfigTree configTree(Path file) {
    ConfigTree tree = ConfigTree.defaults().file(file.toString(), YamlNode.text(file));
    Path folder = file.getParent();
    return folder == null ? tree : tree.relativeTo(folder);
  }

  /** The first folder runs/PRESET-NEURON-sSEED[-N] that is not there yet. */
  public static RunFolder unused(Path runs, RunConfig config) {
    // a configuration may be a stranger's: its words make no path
    String name =
        "%s-%s-s%d"
            .formatted(config.preset(), config.neuron().name(), config.seed())
            .replaceAll("[^\\p{L}\\p{N}._-]", "_")
            .replaceFirst("^\\.+", "_");
    Path path = runs.resolve(name);
    for (int n = 2; Files.exists(path) && n < MOST_NUMBERED; n++) {
      path = runs.resolve(name + "-" + n);
    }
    return new RunFolder(path);
  }

  /**
   * Refuses a folder that holds something, ahead of all work; but what a run that was killed ahead
   * of its first checkpoint has left is nothing.
   */
  public void requireUnused() {
    if (!Files.exists(path)) {
      return;
    }
    if (!Files.isDirectory(path)) {
      throw new KlifException(path + " is a file; choose another folder");
    }
    if (isUnstarted()) {
      return;
    }
    try (Stream<Path> content = Files.list(path)) {
      if (content.findAny().isPresent()) {
        throw new KlifException(
            Files.exists(config())
                ? "%s holds a run; resume it, or choose another folder".formatted(path)
                : path + " is not empty; choose another folder");
      }
    } catch (IOException e) {
      throw new KlifException("Cannot read " + path + ": " + AtomicFile.reason(e), e);
    }
  }

  private void copy(NeuronLibrary library) {
    for (NeuronSource source : library.sources()) {
      NoLinks.folder(neurons());
      AtomicFile.write(neurons().resolve(source.name() + NeuronSource.SUFFIX), source.text());
    }
  }

  /** How config.yaml, whose paths count from this folder, names the copy of a file. */
  private String copyOf(String file) {
    return path.relativize(neurons()) + "/" + NeuronSource.nameOf(file) + NeuronSource.SUFFIX;
  }

  /**
   * Makes the folder of a new run with config.yaml and copies of the neurons' files that it names,
   * and works in it while its log is open. When that fails ahead of the first checkpoint, what the
   * run has made is taken away again, and nothing else: no folder that was there, and no link.
   *
   * @param neurons what these files hold
   * @param work is given the log, which keeps other processes out
   * @return what the work comes to
   */
  public <T> T start(RunConfig config, NeuronLibrary neurons, Function<RunLog, T> work) {
    requireUnused();
    List<Path> made = missing();
    try {
      make();
      try (RunLog log = RunLog.open(this)) {
        // again: another process may have been at work until it could be locked
        requireUnused();
        try {
          NoLinks.folder(checkpoints());
          copy(neurons);
          AtomicFile.write(
              config(), ConfigTree.yaml(config.withValues(neurons).withNeuronFiles(this::copyOf)));
          return work.apply(log);
        } catch (KlifException e) {
          removeFirstFiles(e);
          throw e;
        }
      }
    } catch (KlifException e) {
      remove(made, e);
      throw e;
    }
  }

  /** The folder and those above it that are not there yet, the deepest first. */
  private List<Path> missing() {
    List<Path> missing = new ArrayList<>();
    Path one = path.toAbsolutePath();
    while (one != null && !Files.exists(one)) {
      missing.add(one);
      one = one.getParent();
    }
    return missing;
  }

  private void make() {
    if (Files.isDirectory(path)) {
      return; // a link to a folder is one, which Java 17 would not take for one
    }
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new KlifException(
          "Cannot create the run folder %s: %s".formatted(path, AtomicFile.reason(e)), e);
    }
  }

  /** Refuses links where a run has folders of its own: what they point to is none of it. */
  public void requireNoLinks() {
    for (Path folder : List.of(checkpoints(), neurons())) {
      if (Files.exists(folder)) {
        NoLinks.folder(folder);
      }
    }
  }

  /** Whether a run was begun here, as its log shows, and has no checkpoint yet. */
  public boolean isUnstarted() {
    return Files.isRegularFile(log(), LinkOption.NOFOLLOW_LINKS) && holdsFirstFilesOnly();
  }

  private boolean holdsFirstFilesOnly() {
    try {
      return content().stream().allMatch(this::isFirstFile);
    } catch (IOException e) {
      throw new KlifException("Cannot read " + path + ": " + AtomicFile.reason(e), e);
    }
  }

  /** The folder, which may be behind a link, and all that is in it, each ahead of its content. */
  private List<Path> content() throws IOException {
    Path real = path.toRealPath();
    try (Stream<Path> all = Files.walk(real)) {
      return all.map(one -> path.resolve(real.relativize(one))).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Takes away what a run can have written ahead of its first checkpoint, unless there is one. */
  private void removeFirstFiles(KlifException failure) {
    if (Files.exists(last())) {
      return;
    }
    try {
      List<Path> content = content();
      List<Path> inside = content.subList(1, content.size());
      remove(Lists.reverse(inside).stream().filter(this::isFirstFile).toList(), failure);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Takes files and folders away. No run makes a link, so one stays, and the folder that has it.
   */
  private static void remove(List<Path> all, KlifException failure) {
    for (Path one : all) {
      try {
        if (!Files.isSymbolicLink(one)) {
          Files.deleteIfExists(one);
        }
      } catch (IOException e) {
        if (!(e instanceof DirectoryNotEmptyException)) { // what others have put into it stays
          failure.addSuppressed(e);
        }
      }
    }
  }

  /**
   * Takes away what a run that was killed ahead of its first checkpoint has left; does nothing
   * where there is a checkpoint, or something that no run writes so early.
   */
  public void removeUnstarted() {
    if (!Files.isDirectory(path) || Files.exists(last())) {
      return;
    }
    KlifException failure = new KlifException("Cannot remove the unfinished run " + path);
    if (holdsFirstFilesOnly()) {
      removeFirstFiles(failure);
      remove(List.of(path), failure);
    }
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  private boolean isFirstFile(Path file) {
    String name = path.relativize(file).toString();
    return FIRST_FILES.matcher(name).matches();
  }
}
