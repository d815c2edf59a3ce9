package org.klif.data.events;

/** What is particular to the recordings of CIFAR10-DVS (Li et al. 2017). */
public final class Cifar10Dvs {
  private static final int LAST = Aedat2Reader.SIDE - 1;

  /**
   * Turns stored fields into those that papers use, on their way to a sink: x' = 127 - y, y' = 127
   * - x, polarity' = 1 - polarity (SpikingJelly's rule).
   */
  public static EventSink flipped(EventSink sink) {
    return (x, y, polarity, micros) -> sink.accept(LAST - y, LAST - x, 1 - polarity, micros);
  }

  private Cifar10Dvs() {}
}
