package org.klif.data.events;

/**
 * Passes events on with the full time where a file has the lowest bits of it only. A step back by
 * more than half the counter's range is a counter that began again at 0, and adds that range to
 * later times; a step forward by more than half of it takes the range off again, since it is an
 * event from ahead of that beginning. Smaller steps back are disorder and are kept.
 */
final class UnwrappedTime implements EventSink {
  private final EventSink next;
  private final long range;
  private long base;
  private long last = -1;

  /**
   * Of a counter of so many bits.
   *
   * @param bits 1..32
   */
  UnwrappedTime(int bits, EventSink next) {
    this.next = next;
    this.range = 1L << bits;
  }

  @Override
  public void accept(int x, int y, int polarity, long micros) {
    if (last >= 0 && last - micros > range / 2) {
      base += range;
    } else if (last >= 0 && micros - last > range / 2 && base > 0) {
      base -= range;
    }
    last = micros;
    next.accept(x, y, polarity, base + micros);
  }
}
