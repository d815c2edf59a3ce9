package org.klif.data.events;

/** Takes the events of a recording one by one, in the order of the file. */
@FunctionalInterface
public interface EventSink {
  /**
   * One event.
   *
   * @param x column, 0..32767
   * @param y row, 0..32767
   * @param polarity 0 or 1
   * @param micros time in microseconds, not negative
   */
  void accept(int x, int y, int polarity, long micros);
}
