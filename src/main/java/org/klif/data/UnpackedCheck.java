package org.klif.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.klif.KlifException;
import org.klif.data.events.Events;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/**
 * Looks through a set: its authors' archives are compared with their sums, every sample of other
 * files, and every recording of events wherever it lies, is read as training reads it, and the
 * samples of each class are counted beside the published numbers.
 */
final class UnpackedCheck implements EventSets.Sink {
  /** More damaged samples than this are counted, not listed. */
  private static final int LISTED = 20;

  private static final int PARTS = 2;
  private static final int TEST = 1;

  private final CatalogueEntry entry;
  private final Path folder;
  private final List<FileCheck> checks = new ArrayList<>();
  private final int[][] perClass;
  private final Set<SamplePath> seen = new HashSet<>();
  private final EventTally tally = new EventTally();
  private int damaged;

  private UnpackedCheck(CatalogueEntry entry, Path folder) {
    this.entry = entry;
    this.folder = folder;
    this.perClass = new int[PARTS][entry.classNames().size()];
  }

  /**
   * Looks at everything.
   *
   * @param folder where the set is
   * @return what is wrong first, then one result for each part
   */
  static List<FileCheck> of(CatalogueEntry entry, Placement placement, Path folder) {
    UnpackedCheck check = new UnpackedCheck(entry, folder);
    check.archives();
    List<Path> rest =
        placement.containers().stream().filter(container -> !check.isArchive(container)).toList();
    List<Path> read = entry.format().events() ? placement.containers() : rest;
    if (!read.isEmpty()) {
      check.samples(new Placement(read, false));
    }
    if (!rest.isEmpty()) {
      check.add(
          entry.name(),
          FileCheck.Status.NO_CHECKSUM,
          "its authors publish no sums of the files in %s: every one was read%s, but nothing says"
              + " whether it is the published one",
          folder,
          entry.format().events()
              ? String.format(Locale.ROOT, ", %,d events in all", check.tally.events())
              : "");
    }
    return check.checks;
  }

  private boolean isArchive(Path file) {
    return entry.files().stream().anyMatch(known -> folder.resolve(known.name()).equals(file));
  }

  private void archives() {
    List<DataFile> there =
        entry.files().stream().filter(file -> Files.exists(folder.resolve(file.name()))).toList();
    there.forEach(file -> checks.add(FileCheck.of(file, folder.resolve(file.name()))));
    if (!there.isEmpty() && there.size() < entry.files().size()) {
      checks.add(
          new FileCheck(
              entry.name(),
              FileCheck.Status.PART,
              "%d of the %d archives that its authors publish are in %s"
                  .formatted(there.size(), entry.files().size(), folder)));
    }
  }

  private void samples(Placement placement) {
    boolean whole = true;
    try {
      if (entry.format().events()) {
        EventSets.forEach(entry, placement, this);
      } else {
        images(placement);
      }
    } catch (KlifException e) {
      damaged(e);
      whole = false;
    }
    if (damaged > LISTED) {
      add(entry.name(), FileCheck.Status.DAMAGED, "and %,d more", damaged - LISTED);
    }
    if (whole) {
      part(0, entry.name() + " train");
      part(TEST, entry.name() + " test");
    }
    tally
        .sentences(entry.name(), EventFilter.none(), FrameRule.byCount(1))
        .forEach(line -> add(entry.name(), FileCheck.Status.NOTE, "%s", line));
  }

  private void images(Placement placement) {
    try (DatasetPair pair =
        entry.format() == CatalogueEntry.Format.IMAGE_FOLDERS
            ? ImageFolders.read(entry, placement)
            : CifarFiles.read(entry, placement)) {
      for (int part = 0; part < PARTS; part++) {
        Dataset images = part == TEST ? pair.test() : pair.train();
        for (int i = 0; i < images.size(); i++) {
          perClass[part][images.label(i)]++;
        }
      }
    }
  }

  @Override
  public void accept(SamplePath path, Events recording) {
    String name = entry.classNames().get(path.label()) + ", " + path.file();
    if (!seen.add(path)) {
      damaged(new KlifException(name + " is there twice: remove one copy"));
    } else {
      tally.add(
          name,
          new EventCounts(
              recording.size(), recording.disorder(), recording.size(), recording.size()));
      perClass[path.test() ? TEST : 0][path.label()]++;
    }
  }

  @Override
  public void damaged(KlifException e) {
    if (damaged++ < LISTED) {
      add(entry.name(), FileCheck.Status.DAMAGED, "%s", e.getMessage());
    }
  }

  private void part(int part, String name) {
    CatalogueEntry.Samples whole = entry.samples();
    List<Integer> counts = IntStream.of(perClass[part]).boxed().toList();
    int count = counts.stream().mapToInt(Integer::intValue).sum();
    int published = whole == null ? count : part == TEST ? whole.test() : whole.train();
    List<Integer> publishedPerClass =
        whole == null
            ? Collections.emptyList()
            : part == TEST ? whole.testPerClass() : whole.trainPerClass();
    String classes = classes(counts, publishedPerClass);
    if (count == 0) {
      add(name, FileCheck.Status.MISSING, "no sample of this part can be read from %s", folder);
    } else if (count > published || exceeds(counts, publishedPerClass)) {
      add(
          name,
          FileCheck.Status.DAMAGED,
          "%,d samples, but its authors publish %,d; of each class %s",
          count,
          published,
          classes);
    } else if (count < published) {
      add(
          name,
          FileCheck.Status.PART,
          "%,d of %,d samples are there, each readable; of each class %s",
          count,
          published,
          classes);
    } else {
      add(
          name,
          FileCheck.Status.SOUND,
          "all %,d samples are there, each readable; of each class %s",
          count,
          classes);
    }
  }

  private static boolean exceeds(List<Integer> counts, List<Integer> published) {
    return IntStream.range(0, published.size()).anyMatch(i -> counts.get(i) > published.get(i));
  }

  /** {@code 97 of 5923, 116 of 6742}, or the numbers alone where they are as published. */
  private static String classes(List<Integer> counts, List<Integer> published) {
    boolean alone = published.isEmpty() || counts.equals(published);
    return IntStream.range(0, counts.size())
        .mapToObj(i -> alone ? counts.get(i) + "" : counts.get(i) + " of " + published.get(i))
        .collect(Collectors.joining(", "));
  }

  private void add(String name, FileCheck.Status status, String detail, Object... arguments) {
    checks.add(new FileCheck(name, status, String.format(Locale.ROOT, detail, arguments)));
  }
}
