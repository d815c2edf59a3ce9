package org.klif.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.KlifException;
import org.klif.data.events.EventFile;
import org.klif.data.events.Events;
import org.klif.data.events.GestureLabels;
import org.klif.data.events.SpikeTrainFile;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;
import org.klif.data.frames.Frames;
import org.klif.data.frames.Sensor;

/**
 * The frames of one recording, made as a data set's are.
 *
 * @param values (T, C, H, W)
 * @param remarks what somebody must know who uses them, see {@link Dataset#remarks}
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public record RecordedFrames(float[] values, List<String> remarks) {
  private static final String AEDAT = ".aedat";

  /** 256 samples of 100 frames of 700 units are 72 MB. */
  private static final int MOST_TRAINS = 256;

  /** Copies the list. */
  public RecordedFrames {
    remarks = List.copyOf(remarks);
  }

  /**
   * Of a recording that a reader of the set gave.
   *
   * @param entry of the set, with its own sensor
   * @param name of the recording, for people
   */
  static RecordedFrames of(
      CatalogueEntry entry, String name, Events events, FrameRule rule, EventFilter filter) {
    Events filtered = filter.apply(events, entry.shape().height(), entry.shape().width());
    Sensor sensor = filter.left(entry.sensor());
    float[] values = new float[Frames.values(rule, sensor)];
    Frames.accumulate(filtered, rule, sensor, values);
    EventTally tally = new EventTally();
    tally.add(name, EventCounts.of(events, filtered, rule));
    return new RecordedFrames(values, tally.sentences(name, filter, rule));
  }

  /**
   * Of a file in the set's format, plain or compressed. A recording of DVS128-Gesture is cut as the
   * {@code _labels.csv} beside it says, and is one sample where there is none.
   *
   * @throws KlifException when there is no such file, or it is no sample of that set
   */
  static List<RecordedFrames> read(
      CatalogueEntry entry, Path file, FrameRule rule, EventFilter filter) {
    if (!Files.isRegularFile(file)) {
      throw new KlifException("there is no file " + file);
    }
    if (entry.format() == CatalogueEntry.Format.SPIKE_TRAINS) {
      return spikeTrains(entry, file, rule, filter);
    }
    RecordingReader reader = new RecordingReader(entry);
    Path labels = labels(file);
    if (entry.format() != CatalogueEntry.Format.DVS128_GESTURE || !Files.isRegularFile(labels)) {
      Events events = EventFile.read(file, reader::read);
      return List.of(of(entry, file.toString(), events, rule, filter));
    }
    List<RecordedFrames> samples = new ArrayList<>();
    List<GestureLabels.Gesture> gestures = gestures(labels);
    for (RecordingReader.Labelled part :
        EventFile.read(file, (in, name) -> reader.read(in, name, gestures))) {
      String name = file + ", gesture " + samples.size();
      samples.add(of(entry, name, part.sample(), rule, filter));
    }
    return samples;
  }

  /** All recordings of a file, whose labels do not matter. */
  private static List<RecordedFrames> spikeTrains(
      CatalogueEntry entry, Path file, FrameRule rule, EventFilter filter) {
    try (SpikeTrainFile trains = SpikeTrainFile.open(file)) {
      if (trains.recordings() > MOST_TRAINS) {
        throw new KlifException(
            "%s holds %d recordings, and so many become frames at once that at most %d may be; klif eval measures a whole set"
                .formatted(file, trains.recordings(), MOST_TRAINS));
      }
      List<RecordedFrames> samples = new ArrayList<>();
      for (int i = 0; i < trains.recordings(); i++) {
        Events events = trains.recording(i, entry.shape().width());
        samples.add(of(entry, file + ", recording " + i, events, rule, filter));
      }
      return samples;
    }
  }

  /** Where the labels of a recording are, if there are any. */
  private static Path labels(Path file) {
    String name = String.valueOf(file.getFileName());
    int end = name.indexOf(AEDAT);
    return file.resolveSibling((end < 0 ? name : name.substring(0, end)) + "_labels.csv");
  }

  private static List<GestureLabels.Gesture> gestures(Path labels) {
    try (InputStream in = Files.newInputStream(labels)) {
      return GestureLabels.read(in, labels.toString());
    } catch (IOException e) {
      throw new KlifException("cannot read %s: %s".formatted(labels, e.getMessage()), e);
    }
  }
}
