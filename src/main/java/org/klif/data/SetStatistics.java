package org.klif.data;

import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.data.events.Events;
import org.klif.data.frames.EventFilter;
import org.klif.data.frames.FrameRule;

/**
 * What one part of a set looks like.
 *
 * @param name of the part
 * @param perClass samples of each class
 * @param means of each channel of images, values 0..1; empty for events
 * @param deviations of each channel, likewise
 * @param events of recordings; null for images
 */
public record SetStatistics(
    String name,
    List<Integer> perClass,
    List<Double> means,
    List<Double> deviations,
    @Nullable EventFigures events) {
  /** Copies the lists. */
  public SetStatistics {
    perClass = List.copyOf(perClass);
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
  }

  /**
   * Events of a part's recordings.
   *
   * @param fewest events in a recording
   * @param mean events in a recording
   * @param most events in a recording
   * @param shareOfOnes events of polarity 1 among all
   * @param meanSeconds from first to last event
   * @param eventsPerSecond all events divided by all time
   * @param tally what becomes of the events on their way into frames
   * @param remarks the same as sentences, see {@link Dataset#remarks}
   */
  public record EventFigures(
      int fewest,
      double mean,
      int most,
      double shareOfOnes,
      double meanSeconds,
      double eventsPerSecond,
      EventTally tally,
      List<String> remarks) {
    /** Copies the list. */
    public EventFigures {
      remarks = List.copyOf(remarks);
    }
  }

  /** Samples in all. */
  public int samples() {
    return perClass.stream().mapToInt(Integer::intValue).sum();
  }

  /** Goes through a part of images. */
  static SetStatistics of(Dataset images) {
    SampleShape shape = images.shape();
    int[] perClass = new int[images.classes()];
    double[] sums = new double[shape.channels()];
    double[] squares = new double[shape.channels()];
    int area = shape.height() * shape.width();
    float[] sample = new float[shape.values()];
    for (int i = 0; i < images.size(); i++) {
      perClass[images.label(i)]++;
      images.read(i, sample, 0);
      for (int p = 0; p < sample.length; p++) {
        sums[p / area] += sample[p];
        squares[p / area] += (double) sample[p] * sample[p];
      }
    }
    List<Double> means = new ArrayList<>();
    List<Double> deviations = new ArrayList<>();
    double count = (double) images.size() * area;
    for (int c = 0; c < sums.length; c++) {
      double mean = sums[c] / count;
      means.add(mean);
      deviations.add(Math.sqrt(Math.max(0, squares[c] / count - mean * mean)));
    }
    return new SetStatistics(images.name(), Ints.asList(perClass), means, deviations, null);
  }

  /** Adds up the recordings of a part. */
  static final class Recordings {
    private final int[] perClass;
    private int fewest = Integer.MAX_VALUE;
    private int most;
    private long events;
    private long ones;
    private double seconds;
    private final CatalogueEntry entry;
    private final FrameRule rule;
    private final EventFilter filter;
    private final EventTally tally = new EventTally();

    /** Of recordings that are made into frames so; their own figures are those ahead of it. */
    Recordings(CatalogueEntry entry, FrameRule rule, EventFilter filter) {
      this.perClass = new int[entry.classNames().size()];
      this.entry = entry;
      this.rule = rule;
      this.filter = filter;
    }

    void add(SamplePath path, Events recording) {
      int label = path.label();
      int size = recording.size();
      perClass[label]++;
      fewest = Math.min(fewest, size);
      most = Math.max(most, size);
      events += size;
      for (int i = 0; i < size; i++) {
        ones += recording.polarity(i);
      }
      seconds += (recording.micros(size - 1) - recording.micros(0)) * 1e-6;
      Events filtered = filter.apply(recording, entry.shape().height(), entry.shape().width());
      tally.add(path.file(), EventCounts.of(recording, filtered, rule));
    }

    SetStatistics done(String name) {
      List<Integer> counts = Ints.asList(perClass);
      int samples = counts.stream().mapToInt(Integer::intValue).sum();
      EventFigures figures =
          new EventFigures(
              samples == 0 ? 0 : fewest,
              samples == 0 ? 0 : (double) events / samples,
              most,
              events == 0 ? 0 : (double) ones / events,
              samples == 0 ? 0 : seconds / samples,
              seconds == 0 ? 0 : events / seconds,
              tally,
              tally.sentences(name, filter, rule));
      return new SetStatistics(name, counts, List.of(), List.of(), figures);
    }
  }
}
