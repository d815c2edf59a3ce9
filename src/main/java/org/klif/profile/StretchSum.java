package org.klif.profile;

/** How often a stretch of the run came, and how long it took. */
final class StretchSum {
  private static final double NANOS_PER_SECOND = 1e9;

  private final String name;
  private int times;
  private long nanos;

  StretchSum(String name) {
    this.name = name;
  }

  void add(long more) {
    times++;
    nanos += more;
  }

  StretchProfile profile() {
    return new StretchProfile(name, times, nanos / NANOS_PER_SECOND);
  }
}
