package org.klif.data.frames;

import java.util.Arrays;
import java.util.List;
import org.klif.UsageException;
import org.klif.data.events.Events;

/**
 * A fixed change of a recording before its frames are made, the same in every epoch.
 *
 * <p>The text form, which {@link #parse} reads and {@code toString} gives back: {@code none}, or
 * parts separated by blanks and applied from left to right, such as {@code denoise(10000)
 * downsample(2)}.
 */
public sealed interface EventFilter {
  /**
   * The recording that is left.
   *
   * @param height rows of the sensor
   * @param width columns of the sensor
   */
  Events apply(Events events, int height, int width);

  /** Rows or columns that are left of so many. */
  default int side(int side) {
    return side;
  }

  /** The sensor that the filtered events are on. */
  default Sensor left(Sensor sensor) {
    return new Sensor(sensor.polarities(), side(sensor.height()), side(sensor.width()));
  }

  /** Leaves recordings as they are. */
  static EventFilter none() {
    return new Chain(List.of());
  }

  /**
   * Reads the text form.
   *
   * @throws UsageException naming the part that is wrong
   */
  static EventFilter parse(String text) {
    try {
      List<EventFilter> parts =
          new Words<EventFilter>()
              .with("none", 0, call -> none())
              .with("denoise", 1, call -> new Denoise(call.wholeNumber(0)))
              .with("downsample", 1, call -> new Downsample(call.wholeNumber(0)))
              .parse(text);
      parts.removeIf(none()::equals);
      return parts.size() == 1 ? parts.get(0) : new Chain(parts);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "filter \"%s\": %s; known: none, denoise(microseconds), downsample(factor)"
              .formatted(text, e.getMessage()));
    }
  }

  /**
   * Several filters, one after the other.
   *
   * @param parts in order of application; none when empty
   */
  record Chain(List<EventFilter> parts) implements EventFilter {
    /** Copies the list. */
    public Chain {
      parts = List.copyOf(parts);
    }

    @Override
    public Events apply(Events events, int height, int width) {
      Events left = events;
      int rows = height;
      int columns = width;
      for (EventFilter part : parts) {
        left = part.apply(left, rows, columns);
        rows = part.side(rows);
        columns = part.side(columns);
      }
      return left;
    }

    @Override
    public int side(int side) {
      int left = side;
      for (EventFilter part : parts) {
        left = part.side(left);
      }
      return left;
    }

    @Override
    public String toString() {
      return parts.isEmpty()
          ? "none"
          : String.join(" ", parts.stream().map(EventFilter::toString).toList());
    }
  }

  /**
   * Drops events that stand alone (T. Delbruck, 2008): an event stays when one of the 8 pixels
   * around it, of either polarity, had an event at most {@code micros} before. Dropped events
   * support others all the same, the event's own pixel does not.
   *
   * @param micros the longest time between neighbours, in microseconds
   */
  record Denoise(long micros) implements EventFilter {
    /** Checks the time. */
    public Denoise {
      if (micros < 1) {
        throw new IllegalArgumentException(
            "denoise needs a time of at least 1 microsecond, not " + micros);
      }
    }

    @Override
    public Events apply(Events events, int height, int width) {
      // A border of one pixel that never has an event saves the tests for the sensor's edge.
      int stride = width + 2;
      long[] last = new long[(height + 2) * stride];
      Arrays.fill(last, Long.MIN_VALUE / 2);
      EventCopy kept = new EventCopy(height, width, events.size());
      for (int i = 0; i < events.size(); i++) {
        EventCopy.requireInside(events, i, height, width);
        int place = (events.y(i) + 1) * stride + events.x(i) + 1;
        long time = events.micros(i);
        if (time - latest(last, place, stride) <= micros) {
          kept.add(events, i);
        }
        last[place] = time;
      }
      return kept.build();
    }

    private static long latest(long[] last, int place, int stride) {
      long sides = Math.max(last[place - 1], last[place + 1]);
      return Math.max(
          sides, Math.max(latestOfRow(last, place - stride), latestOfRow(last, place + stride)));
    }

    private static long latestOfRow(long[] last, int place) {
      return Math.max(last[place], Math.max(last[place - 1], last[place + 1]));
    }

    @Override
    public String toString() {
      return "denoise(" + micros + ")";
    }
  }

  /**
   * A coarser sensor: x and y are divided by the factor, rounding down, so factor * factor pixels
   * become one that has all their events.
   *
   * @param factor 2..128
   */
  record Downsample(int factor) implements EventFilter {
    /** Checks the factor. */
    public Downsample {
      if (factor < 2 || factor > 128) {
        throw new IllegalArgumentException("downsample's factor must be 2..128, not " + factor);
      }
    }

    @Override
    public Events apply(Events events, int height, int width) {
      EventCopy coarse = new EventCopy(side(height), side(width), events.size());
      for (int i = 0; i < events.size(); i++) {
        EventCopy.requireInside(events, i, height, width);
        coarse.add(
            events.x(i) / factor, events.y(i) / factor, events.polarity(i), events.micros(i));
      }
      return coarse.build();
    }

    @Override
    public int side(int side) {
      return (side + factor - 1) / factor;
    }

    @Override
    public String toString() {
      return "downsample(" + factor + ")";
    }
  }
}
