package org.klif.bench;

import java.util.ArrayList;
import java.util.List;

/** Times of repeated runs, each made of the same parts. */
final class Laps {
  private static final double NANOS_PER_SECOND = 1e9;

  /** One run; it writes how many nanoseconds each part took. */
  @FunctionalInterface
  interface Body {
    /** Runs all parts once. */
    void run(long[] nanos);
  }

  private final List<long[]> laps;

  private Laps(List<long[]> laps) {
    this.laps = laps;
  }

  /** Warms up and times. */
  static Laps measure(Repetition repetition, int parts, Body body) {
    long begin = System.nanoTime();
    for (int done = 0; repetition.warming(done, secondsSince(begin)); done++) {
      body.run(new long[parts]);
    }
    List<long[]> laps = new ArrayList<>();
    long timed = System.nanoTime();
    while (repetition.timing(laps.size(), secondsSince(timed), secondsSince(begin))) {
      long[] nanos = new long[parts];
      body.run(nanos);
      laps.add(nanos);
    }
    return new Laps(laps);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / NANOS_PER_SECOND;
  }

  /** Times of one part. */
  Spread part(int index) {
    return Spread.ofNanos(laps.stream().map(nanos -> nanos[index]).toList());
  }

  /** Times of all parts together. */
  Spread total() {
    return Spread.ofNanos(laps.stream().map(Laps::sum).toList());
  }

  private static long sum(long[] nanos) {
    long sum = 0;
    for (long part : nanos) {
      sum += part;
    }
    return sum;
  }
}
