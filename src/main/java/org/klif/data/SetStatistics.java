package org.klif.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.klif.data.events.Events;

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
   */
  public record EventFigures(
      int fewest,
      double mean,
      int most,
      double shareOfOnes,
      double meanSeconds,
      double eventsPerSecond) {}

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
    return new SetStatistics(images.name(), boxed(perClass), means, deviations, null);
  }

  private static List<Integer> boxed(int[] values) {
    return java.util.Arrays.stream(values).boxed().toList();
  }

  /** Adds up the recordings of a part. */
  static final class Recordings {
    private final int[] perClass;
    private int fewest = Integer.MAX_VALUE;
    private int most;
    private long events;
    private long ones;
    private long micros;

    Recordings(int classes) {
      this.perClass = new int[classes];
    }

    void add(int label, Events recording) {
      int size = recording.size();
      perClass[label]++;
      fewest = Math.min(fewest, size);
      most = Math.max(most, size);
      events += size;
      for (int i = 0; i < size; i++) {
        ones += recording.polarity(i);
      }
      micros += size == 0 ? 0 : recording.micros(size - 1) - recording.micros(0);
    }

    SetStatistics done(String name) {
      List<Integer> counts = boxed(perClass);
      int samples = counts.stream().mapToInt(Integer::intValue).sum();
      double seconds = micros / 1e6;
      EventFigures figures =
          new EventFigures(
              samples == 0 ? 0 : fewest,
              samples == 0 ? 0 : (double) events / samples,
              most,
              events == 0 ? 0 : (double) ones / events,
              samples == 0 ? 0 : seconds / samples,
              seconds == 0 ? 0 : events / seconds);
      return new SetStatistics(name, counts, List.of(), List.of(), figures);
    }
  }
}
