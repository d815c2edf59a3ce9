package org.klif.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Times of two works that were run in turn, so that both saw the same machine. A pair is a stretch
 * in which they alternated run by run, the first of them changing each time.
 *
 * @param first times of one work, one spread a pair
 * @param second times of the other, likewise
 */
public record Pairs(List<Spread> first, List<Spread> second) {
  /** Copies the lists. */
  public Pairs {
    first = List.copyOf(first);
    second = List.copyOf(second);
    if (first.isEmpty() || first.size() != second.size()) {
      throw new IllegalArgumentException(
          "%d and %d spreads make no pairs".formatted(first.size(), second.size()));
    }
  }

  /** One timed run; returns nanoseconds. */
  @FunctionalInterface
  interface Timed {
    /** Runs once. */
    long nanos();
  }

  /**
   * Warms both up together and times them.
   *
   * @param count pairs
   * @param each how often each work is run in a pair; its warm-up is taken once
   */
  static Pairs measure(int count, Repetition each, Timed one, Timed other) {
    long begin = System.nanoTime();
    for (int done = 0; each.warming(done, seconds(begin)); done++) {
      one.nanos();
      other.nanos();
    }
    List<Spread> first = new ArrayList<>();
    List<Spread> second = new ArrayList<>();
    for (int pair = 0; pair < count; pair++) {
      List<Long> ones = new ArrayList<>();
      List<Long> others = new ArrayList<>();
      long timed = System.nanoTime();
      while (each.timing(ones.size(), seconds(timed), seconds(timed))) {
        if (ones.size() % 2 == 0) {
          ones.add(one.nanos());
          others.add(other.nanos());
        } else {
          others.add(other.nanos());
          ones.add(one.nanos());
        }
      }
      first.add(Spread.ofNanos(ones));
      second.add(Spread.ofNanos(others));
    }
    return new Pairs(first, second);
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) * 1e-9;
  }

  /** The first work's time by the second's in each pair, medians. */
  public List<Double> ratios() {
    return IntStream.range(0, first.size())
        .mapToObj(i -> first.get(i).median() / second.get(i).median())
        .toList();
  }

  /** Of the pairs' medians of the first work, in milliseconds. */
  public Spread firstMedians() {
    return medians(first);
  }

  /** Of the pairs' medians of the second work, in milliseconds. */
  public Spread secondMedians() {
    return medians(second);
  }

  /** The first work's median over the pairs' medians, by the second's. */
  public double ratio() {
    return firstMedians().median() / secondMedians().median();
  }

  private static Spread medians(List<Spread> spreads) {
    return Spread.of(spreads.stream().map(Spread::median).toList());
  }
}
