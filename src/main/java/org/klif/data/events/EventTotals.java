package org.klif.data.events;

import java.util.OptionalLong;

/** Figures of a recording's events as they are stored, gathered while they pass by. */
public final class EventTotals implements EventSink {
  private final String format;
  private final Disorder.Watch watch = new Disorder.Watch();
  private final EventSink fullTime;
  private long events;
  private long polarityOnes;
  private long xSum;
  private long ySum;
  private long firstMicros;
  private long lastMicros;

  /** Of a recording that this reader reads. */
  public EventTotals(EventReader reader) {
    this.format = reader.format();
    this.fullTime = reader.fullTime((x, y, polarity, micros) -> watch.see(micros));
  }

  /** What people call the file's format. */
  public String format() {
    return format;
  }

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
    fullTime.accept(x, y, polarity, micros);
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

  /** How many events go back in time; a counter that began again at 0 does not. */
  public Disorder disorder() {
    return watch.disorder();
  }
}
