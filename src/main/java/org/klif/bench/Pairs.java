package org.klif.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Times of two works that were run in turn, so that both saw the same machine. A pair is a round in
 * which they alternated run by run, the first of them changing each time.
 *
 * @param first times of one work, one spread a pair
 * @param second times of the other, likewise
 * @param processorRatios the first work's processor time by the second's in each pair, medians, of
 *     the calling thread alone: what other processes take from it does not count. Of meaning where
 *     that thread does all the work; empty where it cannot be measured
 */
public record Pairs(List<Spread> first, List<Spread> second, List<Double> processorRatios) {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Copies the lists. */
  public Pairs {
    first = List.copyOf(first);
    second = List.copyOf(second);
    processorRatios = List.copyOf(processorRatios);
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
    List<Double> ratios = new ArrayList<>();
    for (int pair = 0; pair < count; pair++) {
      Runs ones = new Runs(one);
      Runs others = new Runs(other);
      long timed = System.nanoTime();
      while (each.timing(ones.wall.size(), seconds(timed), seconds(timed))) {
        boolean swapped = ones.wall.size() % 2 == 1;
        (swapped ? others : ones).run();
        (swapped ? ones : others).run();
      }
      first.add(Spread.ofNanos(ones.wall));
      second.add(Spread.ofNanos(others.wall));
      double processor = Spread.ofNanos(others.processor).median();
      if (THREADS.isCurrentThreadCpuTimeSupported() && processor > 0) {
        ratios.add(Spread.ofNanos(ones.processor).median() / processor);
      }
    }
    return new Pairs(first, second, ratios.size() == count ? ratios : List.of());
  }

  /** Runs of one work in a pair. */
  private static final class Runs {
    final Timed work;
    final List<Long> wall = new ArrayList<>();
    final List<Long> processor = new ArrayList<>();

    Runs(Timed work) {
      this.work = work;
    }

    void run() {
      long begin = processorNanos();
      wall.add(work.nanos());
      processor.add(processorNanos() - begin);
    }

    private static long processorNanos() {
      return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : 0;
    }
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
