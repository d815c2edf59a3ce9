package org.klif.data.events;

import java.util.Arrays;
import java.util.Objects;
import org.klif.KlifException;

/**
 * The events of one recording in the order of time, 12 bytes each: column x and row y of 0..32767,
 * polarity 0 or 1, time in microseconds. Events of one time keep the order of their file.
 * Immutable.
 */
public final class Events {
  /** More events than this are not held in memory: 2^25, about 400 MB. */
  public static final int LARGEST = 1 << 25;

  /** No time is later, so that sums and differences of two times fit a long. */
  public static final long LATEST = (1L << 62) - 1;

  private static final int LARGEST_FIELD = (1 << 15) - 1;

  /** Column in bits 16..30, row in 1..15, polarity in 0. */
  private final int[] fields;

  private final long[] micros;
  private final int first;
  private final int size;
  private final Disorder disorder;

  private Events(int[] fields, long[] micros, int first, int size, Disorder disorder) {
    this.fields = fields;
    this.micros = micros;
    this.first = first;
    this.size = size;
    this.disorder = disorder;
  }

  /** Takes ownership of both arrays, which have the same length; the times ascend. */
  static Events of(int[] fields, long[] micros) {
    return new Events(fields, micros, 0, fields.length, Disorder.NONE);
  }

  /** Collects events; {@code name} is that of the recording, for messages. */
  public static Builder builder(String name) {
    return new Builder(name, 1024);
  }

  /** The same, with room for so many from the beginning. */
  public static Builder builder(String name, int expected) {
    return new Builder(name, Math.max(1, expected));
  }

  /** Number of events. */
  public int size() {
    return size;
  }

  /** Column of event {@code i}. */
  public int x(int i) {
    return fields[at(i)] >>> 16;
  }

  /** Row of event {@code i}. */
  public int y(int i) {
    return fields[at(i)] >>> 1 & LARGEST_FIELD;
  }

  /** Polarity of event {@code i}: 0 or 1. */
  public int polarity(int i) {
    return fields[at(i)] & 1;
  }

  /** Time of event {@code i} in microseconds. */
  public long micros(int i) {
    return micros[at(i)];
  }

  /** How far the events were from this order when they were collected; nothing for a part. */
  public Disorder disorder() {
    return disorder;
  }

  /** Events {@code from} to {@code to}, the last one not included; shares memory with this. */
  public Events slice(int from, int to) {
    Objects.checkFromToIndex(from, to, size);
    return new Events(fields, micros, first + from, to - from, Disorder.NONE);
  }

  /** The events with start &lt;= time &lt; end; shares memory with this. */
  public Events window(long startMicros, long endMicros) {
    int from = before(startMicros);
    return slice(from, Math.max(from, before(endMicros)));
  }

  /** Number of events ahead of a time. */
  public int before(long time) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (micros[first + middle] < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private int at(int i) {
    return first + Objects.checkIndex(i, size);
  }

  /** Collects events one by one. */
  public static final class Builder implements EventSink {
    private final String name;
    private int[] fields;
    private long[] micros;
    private int size;
    private final Disorder.Watch watch = new Disorder.Watch();

    private Builder(String name, int capacity) {
      this.name = name;
      this.fields = new int[capacity];
      this.micros = new long[capacity];
    }

    /** Adds an event, of any time up to {@link #LATEST}. */
    @Override
    public void accept(int x, int y, int polarity, long time) {
      if ((x | y) >>> 15 != 0 || polarity >>> 1 != 0 || time < 0 || time > LATEST) {
        throw new IllegalArgumentException(
            "no event: x %d, y %d, polarity %d, time %d".formatted(x, y, polarity, time));
      }
      if (size == fields.length) {
        grow();
      }
      fields[size] = x << 16 | y << 1 | polarity;
      micros[size++] = time;
      watch.see(time);
    }

    private void grow() {
      if (size == LARGEST) {
        throw new KlifException(
            "%s holds more than %d events, too many to hold in memory: cut the recording into parts"
                .formatted(name, LARGEST));
      }
      int larger = Math.min(LARGEST, 2 * size);
      fields = Arrays.copyOf(fields, larger);
      micros = Arrays.copyOf(micros, larger);
    }

    /** The events so far. */
    public Events build() {
      int[] sortedFields = Arrays.copyOf(fields, size);
      long[] sortedMicros = Arrays.copyOf(micros, size);
      Disorder disorder = watch.disorder();
      if (disorder.events() > 0) {
        int[] order = order(micros, size);
        for (int i = 0; i < size; i++) {
          sortedFields[i] = fields[order[i]];
          sortedMicros[i] = micros[order[i]];
        }
      }
      return new Events(sortedFields, sortedMicros, 0, size, disorder);
    }

    /** Places in the order of time, by merging from small to large; equal times keep theirs. */
    private static int[] order(long[] micros, int size) {
      int[] from = new int[size];
      Arrays.setAll(from, i -> i);
      int[] to = new int[size];
      // long, since twice the width may pass 2^31
      for (long width = 1; width < size; width *= 2) {
        for (long start = 0; start < size; start += 2 * width) {
          int middle = (int) Math.min(start + width, size);
          int end = (int) Math.min(start + 2 * width, size);
          merge(micros, from, to, (int) start, middle, end);
        }
        int[] merged = to;
        to = from;
        from = merged;
      }
      return from;
    }

    private static void merge(long[] micros, int[] from, int[] to, int start, int middle, int end) {
      int left = start;
      int right = middle;
      for (int i = start; i < end; i++) {
        boolean takeLeft =
            left < middle && (right == end || micros[from[left]] <= micros[from[right]]);
        to[i] = takeLeft ? from[left++] : from[right++];
      }
    }
  }
}
