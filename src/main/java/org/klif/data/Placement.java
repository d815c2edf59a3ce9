package org.klif.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.klif.KlifException;

/**
 * What of a set lies in a folder: its authors' archives, or what a person unpacked from them, or a
 * part of it.
 *
 * @param containers files or folders that together hold the samples, in order
 * @param official true when these are all the files of the catalogue, which have sums
 */
record Placement(List<Path> containers, boolean official) {
  private static final String CALTECH_FOLDER = "Caltech101";
  private static final String ARCHIVE = "\\.(zip|tar|tar\\.gz|tgz|tar\\.xz)";

  /** Copies the list. */
  Placement {
    containers = List.copyOf(containers);
  }

  /**
   * Looks into a folder; nothing is opened.
   *
   * @param place the folder, or one archive that holds everything
   * @return empty when the set cannot be read from there
   */
  static Optional<Placement> find(CatalogueEntry entry, Path place) {
    List<Path> files =
        entry.files().stream()
            .map(file -> place.resolve(file.name()))
            .filter(Files::exists)
            .toList();
    boolean complete = !files.isEmpty() && files.size() == entry.files().size();
    if (complete) {
      return Optional.of(new Placement(files, true));
    }
    return switch (entry.format()) {
      case IDX, DIGITS -> Optional.empty();
      case CIFAR, CIFAR100 -> unpacked(cifarBatches(CifarLayout.of(entry.format()), place));
      case IMAGE_FOLDERS, NMNIST -> unpacked(trainAndTest(entry, place));
      case NCALTECH101, CIFAR10_DVS -> unpacked(classes(entry, place, files));
      case DVS128_GESTURE -> unpacked(gestures(place));
      case SPIKE_TRAINS -> unpacked(spikeTrains(entry, place));
    };
  }

  private static Optional<Placement> unpacked(List<Path> containers) {
    return containers.isEmpty() ? Optional.empty() : Optional.of(new Placement(containers, false));
  }

  /** Single batches, some of which may be missing; both parts must be there. */
  private static List<Path> cifarBatches(CifarLayout layout, Path place) {
    for (Path folder : List.of(place, place.resolve(layout.folder()))) {
      List<Path> batches = named(folder, layout::isFile);
      long tests = batches.stream().filter(b -> layout.isTest(b.getFileName().toString())).count();
      if (tests == 1 && batches.size() > 1) {
        return batches;
      }
    }
    return List.of();
  }

  /** A folder that holds the folders of both parts, or one archive of both. */
  private static List<Path> trainAndTest(CatalogueEntry entry, Path place) {
    if (Files.isRegularFile(place)) {
      return List.of(place);
    }
    if (named(place, "(?i)train").size() == 1 && named(place, "(?i)test").size() == 1) {
      return List.of(place);
    }
    List<Path> archives = named(place, entry.name() + "[A-Za-z0-9_-]*" + ARCHIVE);
    return archives.size() == 1 ? archives : List.of();
  }

  /** The archives that are there, or the folder of the classes' folders; some may be missing. */
  private static List<Path> classes(CatalogueEntry entry, Path place, List<Path> archives) {
    if (!archives.isEmpty()) {
      return archives;
    }
    for (Path folder : List.of(place, place.resolve(CALTECH_FOLDER))) {
      if (entry.classNames().stream().anyMatch(c -> Files.isDirectory(folder.resolve(c)))) {
        return List.of(folder);
      }
    }
    return List.of();
  }

  private static List<Path> gestures(Path place) {
    for (Path folder : List.of(place, place.resolve("DvsGesture"))) {
      if (Files.isRegularFile(folder.resolve("trials_to_train.txt"))) {
        return List.of(folder);
      }
    }
    return List.of();
  }

  /** The file of each part, the one for training first. */
  private static List<Path> spikeTrains(CatalogueEntry entry, Path place) {
    List<Path> files =
        Stream.of("train", "test")
            .map(part -> place.resolve(entry.name() + "_" + part + entry.format().ending()))
            .toList();
    return files.stream().allMatch(Files::isRegularFile) ? files : List.of();
  }

  private static List<Path> named(Path folder, String pattern) {
    return named(folder, Pattern.compile(pattern).asMatchPredicate());
  }

  private static List<Path> named(Path folder, Predicate<String> wanted) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(folder)) {
      return new ArrayList<>(
          list.filter(path -> wanted.test(path.getFileName().toString())).sorted().toList());
    } catch (IOException e) {
      throw new KlifException("cannot list " + folder + ": " + e.getMessage(), e);
    }
  }
}
