package org.klif.data.frames;

import org.klif.data.events.Events;
import org.klif.data.random.SampleRandom;

/**
 * NDA's mixing of two recordings (Y. Li et al., ECCV 2022, after S. Yun et al., ICCV 2019), with
 * hard labels: with probability 1/2 a rectangle of the sensor, of the sensor's proportions, takes
 * its events from another recording of the training set, any of them, as it is without changes. The
 * other's time is shifted so that both begin together.
 *
 * <p>The label stays that of the recording whose events fill the rest. To keep it the right one,
 * the rectangle never covers more than half of the sensor.
 *
 * @param share largest part of the sensor's area, above 0 and at most 0.5; the area is uniform
 *     below
 */
public record CutMix(double share) implements EventAugmentation {
  private static final double MOST = 0.5;

  /** Checks the share. */
  public CutMix {
    if (!(share > 0 && share <= MOST)) {
      throw new IllegalArgumentException(
          "cutmix's share must be above 0 and at most 0.5, not " + share);
    }
  }

  /** Without others nothing is mixed. */
  @Override
  public Events apply(Events events, int height, int width, SampleRandom random) {
    return events;
  }

  @Override
  public Events apply(
      Events events, RecordedSamples others, int height, int width, SampleRandom random) {
    if (random.nextDouble() >= 0.5) {
      return events;
    }
    Events other = others.recording(random.nextInt(others.size()));
    double side = Math.sqrt(random.nextDouble() * share);
    int rows = (int) (side * height);
    int columns = (int) (side * width);
    Rectangle cut =
        new Rectangle(
            random.nextInt(height - rows + 1), random.nextInt(width - columns + 1), rows, columns);
    return merge(events, other, cut, new EventCopy(height, width, events.size()));
  }

  /** By time; of events of one time those of the first recording come first. */
  private static Events merge(Events events, Events other, Rectangle cut, EventCopy mixed) {
    int n = events.size();
    int m = other.size();
    long shift = n == 0 || m == 0 ? 0 : events.micros(0) - other.micros(0);
    int j = 0;
    for (int i = 0; i < n; i++) {
      long time = events.micros(i);
      for (; j < m && other.micros(j) + shift < time; j++) {
        addInside(other, j, shift, cut, mixed);
      }
      if (!cut.holds(events.x(i), events.y(i))) {
        mixed.add(events, i);
      }
    }
    for (; j < m; j++) {
      addInside(other, j, shift, cut, mixed);
    }
    return mixed.build();
  }

  private static void addInside(Events other, int j, long shift, Rectangle cut, EventCopy mixed) {
    if (cut.holds(other.x(j), other.y(j))) {
      long time = Math.min(Events.LATEST, other.micros(j) + shift);
      mixed.add(other.x(j), other.y(j), other.polarity(j), time);
    }
  }

  @Override
  public String toString() {
    return "cutmix(" + Call.text(share) + ")";
  }

  /** Rows and columns of a sensor. */
  private record Rectangle(int top, int left, int rows, int columns) {
    boolean holds(int x, int y) {
      return x >= left && x < left + columns && y >= top && y < top + rows;
    }
  }
}
