package org.klif.data;

import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.data.archive.SampleFiles;
import org.klif.data.events.Events;
import org.klif.data.events.GestureLabels;
import org.klif.data.events.SpikeTrainFile;

/**
 * Passes on every labelled recording of a set, in one pass over its folder or archive, whatever its
 * form. Nothing but the recording at hand is in memory.
 */
final class EventSets {
  private static final Pattern NUMBERED = Pattern.compile(".*_([0-9]{1,6})\\.[a-z]+");

  /** Bytes of the largest list of recordings: room for two thousand names. */
  private static final int LONGEST_LIST = 1 << 16;

  /** Takes recordings one by one. */
  interface Sink {
    /**
     * One recording.
     *
     * @param path part, class and a name that no other one has
     * @param events in the coordinates that papers use, at least one, all on the sensor
     */
    void accept(SamplePath path, Events events);

    /** False for a recording that need not be read; it is not passed on. */
    default boolean wants(SamplePath path) {
      return true;
    }

    /**
     * A recording, or a list of labels, that cannot be used. Returning goes on with the next one.
     *
     * @param e names it and says why
     */
    default void damaged(KlifException e) {
      throw e;
    }
  }

  /**
   * Passes on all recordings in the order of the archives.
   *
   * @throws KlifException when a folder or an archive cannot be read, and what the sink throws
   */
  static void forEach(CatalogueEntry entry, Placement placement, Sink sink) {
    if (entry.format() == CatalogueEntry.Format.SPIKE_TRAINS) {
      spikeTrains(entry, placement, sink);
      return;
    }
    RecordingReader reader = new RecordingReader(entry);
    for (Path container : placement.containers()) {
      try (SampleFiles files = SampleFiles.open(container)) {
        switch (entry.format()) {
          case NMNIST -> nmnist(entry, container, files, reader, sink);
          case NCALTECH101, CIFAR10_DVS -> numbered(entry, container, files, reader, sink);
          default -> gestures(container, files, reader, sink);
        }
      }
    }
  }

  /** The part for training is the first file. */
  private static void spikeTrains(CatalogueEntry entry, Placement placement, Sink sink) {
    for (int part = 0; part < placement.containers().size(); part++) {
      boolean test = part > 0;
      try (SpikeTrainFile file = SpikeTrainFile.open(placement.containers().get(part))) {
        for (int i = 0; i < file.recordings(); i++) {
          int place = i;
          Integer label = read(sink, () -> file.label(place, entry.classNames().size()));
          if (label != null) {
            pass(
                sink,
                new SamplePath(test, label, String.format(Locale.ROOT, "%06d", i)),
                () -> file.recording(place, entry.shape().width()));
          }
        }
      }
    }
  }

  private static void nmnist(
      CatalogueEntry entry, Path container, SampleFiles files, RecordingReader reader, Sink sink) {
    files.forEach(
        (file, in) -> {
          SamplePath path = SamplePath.parse(file.name(), entry.classNames(), ".bin");
          if (path != null) {
            pass(sink, path, () -> reader.read(in, container + ", " + file.name()));
          }
        });
  }

  private static void numbered(
      CatalogueEntry entry, Path container, SampleFiles files, RecordingReader reader, Sink sink) {
    Split split = Split.load(entry.name());
    files.forEach(
        (file, in) -> {
          List<String> parts = Splitter.on('/').splitToList(file.name());
          String name = parts.get(parts.size() - 1);
          int label =
              parts.size() < 2 ? -1 : entry.classNames().indexOf(parts.get(parts.size() - 2));
          String ending = entry.format().ending();
          // files that start with a dot are what other systems put beside a sample
          if (label < 0 || name.startsWith(".") || !name.endsWith(ending)) {
            return;
          }
          Matcher number = NUMBERED.matcher(name);
          if (!number.matches()) {
            sink.damaged(
                new KlifException(
                    "%s, %s: the name has no number, so nothing says whether it is a test sample; it should end in _17%s or another number"
                        .formatted(container, file.name(), ending)));
            return;
          }
          boolean test = split.isTest(Integer.parseInt(number.group(1)));
          pass(
              sink,
              new SamplePath(test, label, name),
              () -> reader.read(in, container + ", " + file.name()));
        });
  }

  /** Lists and labels lie beside the recordings, so they are read in a pass of their own. */
  private static void gestures(
      Path container, SampleFiles files, RecordingReader reader, Sink sink) {
    Map<String, List<GestureLabels.Gesture>> labels = new HashMap<>();
    Set<String> train = new HashSet<>();
    Set<String> test = new HashSet<>();
    files.forEach(
        (file, in) -> {
          String name = lastPart(file.name());
          if (name.endsWith("_labels.csv")) {
            List<GestureLabels.Gesture> read =
                read(sink, () -> GestureLabels.read(in, container + ", " + file.name()));
            labels.put(
                name.substring(0, name.length() - "_labels.csv".length()),
                read == null ? List.of() : read);
          } else if (name.equals("trials_to_train.txt")) {
            train.addAll(trials(in, container + ", " + name));
          } else if (name.equals("trials_to_test.txt")) {
            test.addAll(trials(in, container + ", " + name));
          }
        });
    if (train.isEmpty() || test.isEmpty()) {
      throw new KlifException(
          container
              + " lacks trials_to_train.txt or trials_to_test.txt: nothing says what is for the"
              + " test");
    }
    files.forEach(
        (file, in) -> {
          String name = lastPart(file.name());
          if (!train.contains(name) && !test.contains(name)) {
            return;
          }
          String stem = name.substring(0, name.length() - ".aedat".length());
          List<GestureLabels.Gesture> gestures = labels.get(stem);
          if (gestures == null) {
            sink.damaged(
                new KlifException(
                    "%s, %s: %s_labels.csv is missing beside it"
                        .formatted(container, file.name(), stem)));
            return;
          }
          List<SamplePath> paths = new ArrayList<>();
          for (int i = 0; i < gestures.size(); i++) {
            paths.add(
                new SamplePath(
                    test.contains(name), gestures.get(i).label(), "%s %02d".formatted(stem, i)));
          }
          if (paths.stream().noneMatch(sink::wants)) {
            return;
          }
          List<RecordingReader.Labelled> samples =
              read(sink, () -> reader.read(in, container + ", " + file.name(), gestures));
          for (int i = 0; samples != null && i < paths.size(); i++) {
            pass(sink, paths.get(i), samples.get(i)::sample);
          }
        });
  }

  /**
   * Number of recordings, where the names of the files say it; 0 where they do not, or where a tar
   * would have to be read to its end for them.
   */
  static int count(CatalogueEntry entry, Placement placement) {
    if (entry.format() == CatalogueEntry.Format.SPIKE_TRAINS) {
      return placement.containers().stream().mapToInt(EventSets::recordings).sum();
    }
    // a recording of DVS128-Gesture holds several samples
    String ending =
        entry.format() == CatalogueEntry.Format.DVS128_GESTURE ? "" : entry.format().ending();
    int count = 0;
    for (Path container : placement.containers()) {
      if (ending.isEmpty() || !SampleFiles.isListedQuickly(container)) {
        return 0;
      }
      try (SampleFiles files = SampleFiles.open(container)) {
        for (SampleFiles.Entry file : files.entries()) {
          count += file.name().endsWith(ending) ? 1 : 0;
        }
      }
    }
    return count;
  }

  private static int recordings(Path file) {
    try (SpikeTrainFile trains = SpikeTrainFile.open(file)) {
      return trains.recordings();
    }
  }

  private static void pass(Sink sink, SamplePath path, Supplier<Events> reading) {
    if (sink.wants(path)) {
      Events events = read(sink, reading);
      if (events != null) {
        sink.accept(path, events);
      }
    }
  }

  /** What is read, or null when the sink goes on without it. */
  private static <T> @Nullable T read(Sink sink, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (KlifException e) {
      sink.damaged(e);
      return null;
    }
  }

  /** Names of recordings, one a line. */
  private static List<String> trials(InputStream in, String source) {
    try {
      byte[] bytes = in.readNBytes(LONGEST_LIST + 1);
      if (bytes.length > LONGEST_LIST) {
        throw new KlifException(
            "%s has more than %d bytes, which no list of recordings needs"
                .formatted(source, LONGEST_LIST));
      }
      List<String> names =
          new String(bytes, StandardCharsets.UTF_8).lines().map(String::strip).toList();
      for (String name : names) {
        if (!name.isEmpty() && !name.endsWith(".aedat")) {
          throw new KlifException("%s: \"%s\" is not a recording".formatted(source, name));
        }
      }
      return names.stream().filter(name -> !name.isEmpty()).toList();
    } catch (IOException e) {
      throw new KlifException("cannot read " + source + ": " + e.getMessage(), e);
    }
  }

  private static String lastPart(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private EventSets() {}
}
