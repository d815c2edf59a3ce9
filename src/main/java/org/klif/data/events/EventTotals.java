package org.klif.data.events;

import java.util.OptionalLong;

/** Figures of a recording's events as they are stored, gathered while they pass by. */
public final class EventTotals implements EventSink {
  private long events;
  private long polarityOnes;
  private long xSum;
  private long ySum;
  private long firstMicros;
  private long lastMicros;

  @Override
  public void accept(int x, int y, int polarity, long micros) {
    if (events == 0) {
      firstMicros = micros;
    }
    events++;
    polarityOnes += polarity;
    xSum += x;
    ySum += y;
    lastMicros = micros;
  }

  /** Number of events. */
  public long events() {
    return events;
  }

  /** Number of events with polarity 1. */
  public long polarityOnes() {
    return polarityOnes;
  }

  /** Sum of the columns. */
  public long xSum() {
    return xSum;
  }

  /** Sum of the rows. */
  public long ySum() {
    return ySum;
  }

  /** Time of the file's first event in microseconds; empty without events. */
  public OptionalLong firstMicros() {
    return events == 0 ? OptionalLong.empty() : OptionalLong.of(firstMicros);
  }

  /** Time of the file's last event in microseconds; empty without events. */
  public OptionalLong lastMicros() {
    return events == 0 ? OptionalLong.empty() : OptionalLong.of(lastMicros);
  }
}
