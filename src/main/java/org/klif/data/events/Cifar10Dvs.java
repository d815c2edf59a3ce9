package org.klif.data.events;

/** What is particular to the recordings of CIFAR10-DVS (Li et al. 2017). */
public final class Cifar10Dvs {
  private static final int LAST = Aedat2Reader.SIDE - 1;

  /**
   * Turns stored fields into those that papers use: x' = 127 - y, y' = 127 - x, polarity' = 1 -
   * polarity (SpikingJelly's rule), and makes the time ascend where its 32 bits wrapped.
   */
  public static Events flip(Events stored) {
    Events.Builder flipped = Events.builder("CIFAR10-DVS");
    Events ascending = stored.unwrapped(Aedat2Reader.TIME_BITS);
    for (int i = 0; i < ascending.size(); i++) {
      flipped.accept(
          LAST - ascending.y(i),
          LAST - ascending.x(i),
          1 - ascending.polarity(i),
          ascending.micros(i));
    }
    return flipped.build();
  }

  private Cifar10Dvs() {}
}
