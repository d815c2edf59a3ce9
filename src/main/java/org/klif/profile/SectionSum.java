package org.klif.profile;

/** How often a section of the run came, and how long it took. */
final class SectionSum {
  private static final double NANOS_PER_SECOND = 1e9;

  private final String name;
  private int times;
  private long nanos;

  SectionSum(String name) {
    this.name = name;
  }

  void add(long more) {
    times++;
    nanos += more;
  }

  SectionProfile profile() {
    return new SectionProfile(name, times, nanos / NANOS_PER_SECOND);
  }
}
