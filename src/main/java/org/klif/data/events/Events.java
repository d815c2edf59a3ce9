package org.klif.data.events;

import java.util.Arrays;
import java.util.Objects;
import org.klif.KlifException;

/**
 * The events of one recording in the order of its file, 12 bytes each: column x and row y of
 * 0..32767, polarity 0 or 1, time in microseconds. Immutable.
 */
public final class Events {
  /** More events than this are not held in memory: 2^25, about 400 MB. */
  public static final int LARGEST = 1 << 25;

  private static final int LARGEST_FIELD = (1 << 15) - 1;

  /** Column in bits 16..30, row in 1..15, polarity in 0. */
  private final int[] fields;

  private final long[] micros;
  private final int first;
  private final int size;

  private Events(int[] fields, long[] micros, int first, int size) {
    this.fields = fields;
    this.micros = micros;
    this.first = first;
    this.size = size;
  }

  /** Takes ownership of both arrays, which have the same length. */
  static Events of(int[] fields, long[] micros) {
    return new Events(fields, micros, 0, fields.length);
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

  /** Events {@code from} to {@code to}, the last one not included; shares memory with this. */
  public Events slice(int from, int to) {
    Objects.checkFromToIndex(from, to, size);
    return new Events(fields, micros, first + from, to - from);
  }

  /** The events with start &lt;= time &lt; end, in their order. Times need not ascend. */
  public Events window(long startMicros, long endMicros) {
    int count = 0;
    for (int i = first; i < first + size; i++) {
      count += micros[i] >= startMicros && micros[i] < endMicros ? 1 : 0;
    }
    int[] keptFields = new int[count];
    long[] keptMicros = new long[count];
    int next = 0;
    for (int i = first; i < first + size; i++) {
      if (micros[i] >= startMicros && micros[i] < endMicros) {
        keptFields[next] = fields[i];
        keptMicros[next++] = micros[i];
      }
    }
    return new Events(keptFields, keptMicros, 0, count);
  }

  /**
   * Times of a counter of so many bits, made to ascend where it began again at 0: a step back by
   * more than half the counter's range adds that range to all later events. A smaller step back is
   * kept, since it is disorder, not a wrap.
   *
   * @param bits 1..62
   */
  public Events unwrapped(int bits) {
    if (bits < 1 || bits > 62) {
      throw new IllegalArgumentException("a counter of " + bits + " bits");
    }
    long range = 1L << bits;
    long[] ascending = new long[size];
    long base = 0;
    for (int i = 0; i < size; i++) {
      if (i > 0 && micros[first + i - 1] - micros[first + i] > range / 2) {
        base += range;
      }
      ascending[i] = micros[first + i] + base;
    }
    return new Events(Arrays.copyOfRange(fields, first, first + size), ascending, 0, size);
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

    private Builder(String name, int capacity) {
      this.name = name;
      this.fields = new int[capacity];
      this.micros = new long[capacity];
    }

    /** Adds an event. */
    @Override
    public void accept(int x, int y, int polarity, long time) {
      if ((x | y) >>> 15 != 0 || polarity >>> 1 != 0 || time < 0) {
        throw new IllegalArgumentException(
            "no event: x %d, y %d, polarity %d, time %d".formatted(x, y, polarity, time));
      }
      if (size == fields.length) {
        grow();
      }
      fields[size] = x << 16 | y << 1 | polarity;
      micros[size++] = time;
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
      return new Events(Arrays.copyOf(fields, size), Arrays.copyOf(micros, size), 0, size);
    }
  }
}
