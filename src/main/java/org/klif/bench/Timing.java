package org.klif.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Seconds of repeated runs.
 *
 * @param median half of the runs were faster
 * @param fastest of all
 * @param slowest of all
 * @param runs how many were measured
 */
public record Timing(double median, double fastest, double slowest, int runs) {

  /** How long to warm up and to measure. */
  record Effort(int warmUpRuns, double warmUpSeconds, int runs, double seconds) {}

  static Timing of(double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return new Timing(median, sorted[0], sorted[n - 1], n);
  }

  /** Runs a task until both numbers of an effort are reached, first to warm up, then measured. */
  static Timing measure(Effort effort, Runnable task) {
    repeat(effort.warmUpRuns(), effort.warmUpSeconds(), task);
    return of(repeat(effort.runs(), effort.seconds(), task));
  }

  private static double[] repeat(int runs, double seconds, Runnable task) {
    List<Double> all = new ArrayList<>();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (all.size() < runs || System.nanoTime() < end) {
      long start = System.nanoTime();
      task.run();
      all.add((System.nanoTime() - start) * 1e-9);
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Half the distance between the slowest and the fastest run, as a share of the median. */
  public double spread() {
    return (slowest - fastest) / 2 / median;
  }
}
