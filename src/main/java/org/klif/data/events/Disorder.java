package org.klif.data.events;

/**
 * How far a file's events are from the order of time. An event goes back in time when its time is
 * before that of the event ahead of it.
 *
 * @param events how many go back
 * @param first place of the first of them, from 0; -1 without one
 * @param from microseconds of the event ahead of it
 * @param to its own microseconds
 */
public record Disorder(long events, long first, long from, long to) {
  /** All times ascend. */
  public static final Disorder NONE = new Disorder(0, -1, 0, 0);

  /** Looks at the times of events one by one. */
  static final class Watch {
    private Disorder disorder = NONE;
    private long seen;
    private long last;

    void see(long micros) {
      if (micros < last) {
        disorder =
            disorder.events == 0
                ? new Disorder(1, seen, last, micros)
                : new Disorder(disorder.events + 1, disorder.first, disorder.from, disorder.to);
      }
      last = micros;
      seen++;
    }

    Disorder disorder() {
      return disorder;
    }
  }

  /** Where the first one is: {@code event 100 (at 500 behind 99000 microseconds)}. */
  public String where() {
    return "event %d (at %d behind %d microseconds)".formatted(first, to, from);
  }
}
