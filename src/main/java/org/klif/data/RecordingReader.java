package org.klif.data;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.klif.KlifException;
import org.klif.data.events.Aedat2Reader;
import org.klif.data.events.Aedat31Reader;
import org.klif.data.events.Cifar10Dvs;
import org.klif.data.events.EventReader;
import org.klif.data.events.EventSink;
import org.klif.data.events.Events;
import org.klif.data.events.GestureLabels.Gesture;
import org.klif.data.events.NmnistReader;

/**
 * Reads the recordings of one set as papers use them. Whoever needs a recording of a set takes it
 * from here, so that training, checks, statistics and predictions refuse the same ones: a sample
 * has events, and all of them lie on the sensor.
 */
final class RecordingReader {
  private final EventReader reader;
  private final boolean flipped;
  private final SampleShape sensor;

  RecordingReader(CatalogueEntry entry) {
    this.sensor = entry.shape();
    this.flipped = entry.format() == CatalogueEntry.Format.CIFAR10_DVS;
    this.reader =
        switch (entry.format()) {
          case NMNIST, NCALTECH101 -> new NmnistReader(sensor.width(), sensor.height());
          case CIFAR10_DVS -> new Aedat2Reader();
          case DVS128_GESTURE -> new Aedat31Reader();
          case SPIKE_TRAINS, IDX, DIGITS, CIFAR, CIFAR100, IMAGE_FOLDERS ->
              throw new IllegalArgumentException(entry.name() + " has no files of one recording");
        };
  }

  /**
   * A recording that is one sample.
   *
   * @param name for messages
   * @throws KlifException when it is damaged, or no sample
   */
  Events read(InputStream in, String name) {
    Events.Builder events = Events.builder(name);
    pass(in, name, events);
    Events recording = events.build();
    if (recording.size() == 0) {
      throw new KlifException(name + ": the recording holds no event; get the file again");
    }
    return onSensor(recording, name);
  }

  /**
   * The samples of a recording that holds several, each what its label says.
   *
   * @return one for each label, in their order
   * @throws KlifException when the recording is damaged
   */
  List<Labelled> read(InputStream in, String name, List<Gesture> gestures) {
    List<Events.Builder> builders = new ArrayList<>();
    gestures.forEach(gesture -> builders.add(Events.builder(name)));
    long[] ends = {Long.MAX_VALUE, -1};
    pass(
        in,
        name,
        (x, y, polarity, micros) -> {
          ends[0] = Math.min(ends[0], micros);
          ends[1] = Math.max(ends[1], micros);
          for (int i = 0; i < gestures.size(); i++) {
            if (gestures.get(i).holds(micros)) {
              builders.get(i).accept(x, y, polarity, micros);
            }
          }
        });
    List<Labelled> labelled = new ArrayList<>();
    for (int i = 0; i < gestures.size(); i++) {
      Events events = builders.get(i).build();
      labelled.add(new Labelled(this, gestures.get(i), events, name, ends[0], ends[1]));
    }
    return labelled;
  }

  /**
   * What a label says, and what the recording has there.
   *
   * @param first microseconds of the recording's first event
   * @param last of its last one; negative where there is none
   */
  record Labelled(
      RecordingReader reader, Gesture gesture, Events events, String name, long first, long last) {
    /**
     * The sample.
     *
     * @throws KlifException when it is none
     */
    Events sample() {
      if (events.size() == 0) {
        throw new KlifException(
            "%s holds no event of gesture %d, which its labels put from %d to %d microseconds: %s; correct the labels, or get both files again"
                .formatted(
                    name,
                    gesture.number(),
                    gesture.startMicros(),
                    gesture.endMicros(),
                    last < 0
                        ? "it holds none at all"
                        : "its events go from %d to %d".formatted(first, last)));
      }
      return reader.onSensor(events, name);
    }
  }

  private void pass(InputStream in, String name, EventSink events) {
    reader.read(in, name, reader.fullTime(flipped ? Cifar10Dvs.flipped(events) : events));
  }

  private Events onSensor(Events events, String name) {
    for (int i = 0; i < events.size(); i++) {
      if (events.x(i) >= sensor.width() || events.y(i) >= sensor.height()) {
        throw new KlifException(
            "%s: the event at %d microseconds lies at x %d, y %d; the sensor has %dx%d pixels"
                .formatted(
                    name,
                    events.micros(i),
                    events.x(i),
                    events.y(i),
                    sensor.width(),
                    sensor.height()));
      }
    }
    return events;
  }
}
