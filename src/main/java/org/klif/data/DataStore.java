package org.klif.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.data.cache.CacheProgress;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/**
 * Where data sets live on this machine. A set's folder is, in this order: with {@code --data DIR},
 * DIR/NAME when it holds the set's files, else DIR when it does; {@code $KLIF_DATA/NAME}; {@code
 * ~/.cache/klif/NAME}. An embedded set is read from the program unless {@code --data} holds its
 * files.
 */
public final class DataStore {
  private static final String CACHES = "frames";

  private final Catalogue catalogue;
  private final Optional<Path> chosen;
  private final Path parent;
  private final Downloader downloader;

  /**
   * A store over a catalogue.
   *
   * @param chosen what {@code --data} says, if given
   * @param parent folder of the sets' folders when it is not given
   */
  DataStore(Catalogue catalogue, Optional<Path> chosen, Path parent, Downloader downloader) {
    this.catalogue = Objects.requireNonNull(catalogue);
    this.chosen = chosen;
    this.parent = Objects.requireNonNull(parent);
    this.downloader = Objects.requireNonNull(downloader);
  }

  /**
   * The store of this user.
   *
   * @param data what {@code --data} says, if given
   */
  public static DataStore open(Optional<Path> data) {
    Path home = Path.of(System.getProperty("user.home"));
    return new DataStore(Catalogue.load(), data, parent(System.getenv(), home), new Downloader());
  }

  static Path parent(Map<String, String> environment, Path home) {
    String parent = environment.getOrDefault("KLIF_DATA", "");
    return parent.isBlank() ? home.resolve(".cache").resolve("klif") : Path.of(parent);
  }

  /** What the catalogue says of a set: title, licence, normalisation and more. */
  public CatalogueEntry entry(String name) {
    return catalogue.entry(name);
  }

  /**
   * One line of {@code klif data list}.
   *
   * @param entry the set
   * @param present true when all its files are there; their sums are not looked at
   * @param folder where they are or belong; empty when they are part of the program
   */
  public record Listing(CatalogueEntry entry, boolean present, Optional<Path> folder) {}

  /** All known sets and whether they are there. */
  public List<Listing> list() {
    return catalogue.entries().stream()
        .map(
            entry -> {
              Optional<Path> folder = path(entry.name());
              boolean present =
                  folder.isEmpty() || Placement.find(entry, folder.orElseThrow()).isPresent();
              return new Listing(entry, present, folder);
            })
        .toList();
  }

  /** The folder where a set's files are or belong; empty when they are part of the program. */
  public Optional<Path> path(String name) {
    CatalogueEntry entry = entry(name);
    if (chosen.isPresent()) {
      Path folder = chosen.orElseThrow();
      Path subfolder = folder.resolve(name);
      // The subfolder first: MNIST and Fashion-MNIST use the same file names.
      for (Path candidate : List.of(subfolder, folder)) {
        if (holdsAny(entry, candidate)) {
          return Optional.of(candidate);
        }
      }
      if (!entry.embedded()) {
        return Optional.of(folder.endsWith(name) ? folder : subfolder);
      }
    }
    return entry.embedded() ? Optional.empty() : Optional.of(parent.resolve(name));
  }

  /**
   * Fetches the files of a set that are missing or wrong, and returns their folder; an embedded set
   * needs none.
   *
   * @throws KlifException when a file cannot be fetched or written; each source is listed with its
   *     reason
   */
  public Optional<Path> get(String name, DownloadProgress progress) {
    CatalogueEntry entry = entry(name);
    Optional<Path> folder = path(name);
    if (entry.embedded()) {
      progress.note(name + " is part of the program: nothing to fetch");
    } else if (entry.manual() != null) {
      requirePlaced(entry, folder.orElseThrow());
      progress.note(name + " is there already");
    } else {
      downloader.fetch(entry, folder.orElseThrow(), progress);
    }
    return folder;
  }

  /**
   * Compares each file of a set with the catalogue, sums included. Of what a person unpacked, or of
   * a part of a set, every sample is read instead: its authors publish no sums of that. Every
   * recording of events is read, since right sums do not say that training takes it.
   */
  public List<FileCheck> check(String name) {
    CatalogueEntry entry = entry(name);
    Optional<Path> folder = path(name);
    Optional<Placement> placement = folder.flatMap(place -> Placement.find(entry, place));
    boolean everySample =
        placement.isPresent() && (!placement.orElseThrow().official() || entry.format().events());
    if (everySample) {
      return UnpackedCheck.of(entry, placement.orElseThrow(), folder.orElseThrow());
    }
    return entry.files().stream()
        .map(
            file ->
                folder.isPresent()
                    ? FileCheck.of(file, folder.orElseThrow().resolve(file.name()))
                    : FileCheck.of(
                        file, Catalogue.resource(name + "/" + file.name()), "embedded file"))
        .toList();
  }

  /**
   * Reads a set into memory. Files are validated, but their sums are not compared: that is {@link
   * #check}.
   *
   * @throws KlifException when files are missing (the message says what to put where) or damaged
   */
  public DatasetPair load(String name) {
    CatalogueEntry entry = entry(name);
    return load(name, FrameRule.byCount(entry.shape().steps()));
  }

  /**
   * Reads a set, whose recordings of events, if it has such, become frames.
   *
   * @param rule how; of no meaning for images
   * @throws KlifException as {@link #load(String)}
   */
  public DatasetPair load(String name, FrameRule rule) {
    return load(name, rule, EventFilter.none(), false, CacheProgress.none());
  }

  /**
   * As {@link #load(String, FrameRule)}. The frames of recordings are kept in {@code
   * $KLIF_DATA/frames} or {@code ~/.cache/klif/frames}, so that only the first run makes them.
   *
   * @param filter of recordings ahead of their frames; of no meaning for images
   * @param recordings keep the recordings too, in a cache beside that of the frames, so that
   *     training can change them in each epoch ({@link Dataset#recordings}); of no meaning for
   *     images
   * @param progress is told of recordings that become frames
   */
  public DatasetPair load(
      String name, FrameRule rule, EventFilter filter, boolean recordings, CacheProgress progress) {
    CatalogueEntry entry = entry(name);
    Optional<Path> folder = path(name);
    return switch (entry.format()) {
      case DIGITS -> {
        folder.ifPresent(place -> requireAll(entry, place));
        yield loadDigits(entry, folder);
      }
      case IDX -> {
        requireAll(entry, folder.orElseThrow());
        yield loadIdx(entry, folder.orElseThrow());
      }
      case CIFAR, CIFAR100 -> CifarFiles.read(entry, placed(entry, folder.orElseThrow()));
      case IMAGE_FOLDERS -> ImageFolders.read(entry, placed(entry, folder.orElseThrow()));
      case NMNIST, NCALTECH101, CIFAR10_DVS, DVS128_GESTURE, SPIKE_TRAINS ->
          new EventFrames(
                  entry,
                  placed(entry, folder.orElseThrow()),
                  filter,
                  parent.resolve(CACHES),
                  progress)
              .read(rule, recordings);
    };
  }

  /**
   * One sample of a set of recordings, without making frames of the others.
   *
   * @param test which part
   * @param i its number there
   * @return a data set of this sample alone
   * @throws KlifException as {@link #load(String)}
   */
  public Dataset sample(String name, FrameRule rule, EventFilter filter, boolean test, int i) {
    CatalogueEntry entry = entry(name);
    return OneRecording.read(entry, placed(entry, path(name).orElseThrow()), rule, filter, test, i);
  }

  /**
   * Protocol B: holds out the committed part of the training samples and gives it in the place of
   * the test samples.
   *
   * @param whole closed with the result
   */
  public DatasetPair withoutTest(String name, DatasetPair whole) {
    return Split.load(entry(name).name()).withoutTest(whole);
  }

  /**
   * A recording in a file of its own, as training makes its frames of such recordings.
   *
   * @param name of the set whose format it has
   * @return one, or one for each gesture of a recording of DVS128-Gesture with labels beside it
   * @throws KlifException when it cannot be read, or is no sample of that set
   */
  public List<RecordedFrames> recordings(
      String name, FrameRule rule, EventFilter filter, Path file) {
    return RecordedFrames.read(entry(name), file, rule, filter);
  }

  /**
   * Goes through a whole set, training part first; recordings are looked at one by one.
   *
   * @param rule by which recordings would become frames; of no meaning for images
   * @param filter ahead of the frames, likewise
   */
  public List<SetStatistics> statistics(String name, FrameRule rule, EventFilter filter) {
    CatalogueEntry entry = entry(name);
    if (!entry.format().events()) {
      try (DatasetPair pair = load(name)) {
        return List.of(SetStatistics.of(pair.train()), SetStatistics.of(pair.test()));
      }
    }
    SetStatistics.Recordings train = new SetStatistics.Recordings(entry, rule, filter);
    SetStatistics.Recordings test = new SetStatistics.Recordings(entry, rule, filter);
    EventSets.forEach(
        entry,
        placed(entry, path(name).orElseThrow()),
        (path, events) -> (path.test() ? test : train).add(path, events));
    return List.of(train.done(name + " train"), test.done(name + " test"));
  }

  private Placement placed(CatalogueEntry entry, Path folder) {
    Optional<Placement> placement = Placement.find(entry, folder);
    if (placement.isEmpty() && entry.manual() != null) {
      requirePlaced(entry, folder);
    } else if (placement.isEmpty()) {
      requireAll(entry, folder);
    }
    return placement.orElseThrow();
  }

  /** A set that only a person can get: says how. */
  private static void requirePlaced(CatalogueEntry entry, Path folder) {
    CatalogueEntry.Manual manual = Objects.requireNonNull(entry.manual());
    if (Placement.find(entry, folder).isPresent()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    text.append(
        "%s is not in %s, and its site gives it to a person only:%n  open %s"
            .formatted(entry.name(), folder, manual.page()));
    for (String step : manual.steps()) {
      text.append("%n  %s".formatted(step));
    }
    text.append("%n  the folder: %s".formatted(folder.toAbsolutePath()));
    text.append(
        "%nthen \"klif data check %s\" %s"
            .formatted(
                entry.name(),
                entry.files().isEmpty()
                    ? "reads every recording"
                    : "compares the files with their sums"));
    throw new KlifException(text.toString());
  }

  private static DatasetPair loadDigits(CatalogueEntry entry, Optional<Path> folder) {
    String file = entry.file(DataFile.Role.SAMPLES).name();
    String resource = entry.name() + "/" + file;
    String list = entry.name() + "/test-indices.txt";
    try (Gzip csv =
        folder.isPresent()
            ? Gzip.open(folder.orElseThrow().resolve(file))
            : Gzip.of("datasets/" + resource, Catalogue.resource(resource))) {
      return DigitsReader.read(
          entry.name(),
          entry.classNames(),
          entry.shape(),
          csv,
          new String(Catalogue.resource(list), StandardCharsets.UTF_8),
          "datasets/" + list);
    }
  }

  private DatasetPair loadIdx(CatalogueEntry entry, Path folder) {
    refuseAnotherSet(entry, folder);
    return new DatasetPair(
        IdxReader.read(
            entry.name() + " train",
            entry.classNames(),
            entry.shape(),
            folder.resolve(entry.file(DataFile.Role.TRAIN_IMAGES).name()),
            folder.resolve(entry.file(DataFile.Role.TRAIN_LABELS).name())),
        IdxReader.read(
            entry.name() + " test",
            entry.classNames(),
            entry.shape(),
            folder.resolve(entry.file(DataFile.Role.TEST_IMAGES).name()),
            folder.resolve(entry.file(DataFile.Role.TEST_LABELS).name())));
  }

  /**
   * File names and shapes of MNIST and Fashion-MNIST are the same: the small file of test labels
   * tells them apart.
   */
  private void refuseAnotherSet(CatalogueEntry entry, Path folder) {
    Path labels = folder.resolve(entry.file(DataFile.Role.TEST_LABELS).name());
    String sum;
    try {
      sum = FileCheck.contentSha256(Files.readAllBytes(labels), labels.toString());
    } catch (IOException e) {
      throw new KlifException("cannot read " + labels + ": " + e.getMessage(), e);
    }
    for (CatalogueEntry other : catalogue.entries()) {
      boolean itsLabels = other.files().stream().anyMatch(file -> sum.equals(file.contentSha256()));
      if (itsLabels && !other.name().equals(entry.name())) {
        throw new KlifException(
            "%s holds the files of %s, not of %s: choose another folder"
                .formatted(folder, other.name(), entry.name()));
      }
    }
  }

  private void requireAll(CatalogueEntry entry, Path folder) {
    List<String> missing = missing(entry, folder);
    if (!missing.isEmpty()) {
      throw new KlifException(
          "%s: %s missing from %s; run \"klif data get %s%s\", or put the files there, or name their folder"
              .formatted(
                  entry.name(),
                  String.join(", ", missing) + (missing.size() == 1 ? " is" : " are"),
                  folder,
                  entry.name(),
                  chosen.map(folderGiven -> " --data " + folderGiven).orElse("")));
    }
  }

  private static List<String> missing(CatalogueEntry entry, Path folder) {
    return entry.files().stream()
        .map(DataFile::name)
        .filter(name -> !Files.isRegularFile(folder.resolve(name)))
        .toList();
  }

  private static boolean holdsAny(CatalogueEntry entry, Path folder) {
    return missing(entry, folder).size() < entry.files().size()
        || Placement.find(entry, folder).isPresent();
  }
}
