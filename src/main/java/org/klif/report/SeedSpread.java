package org.klif.report;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.klif.run.RunMetrics;

/**
 * A column of metrics.csv over the seeds of a group, an entry for each epoch that any run has.
 *
 * @param epoch counted from 1
 * @param mean over the runs that have a value
 * @param low the smallest of them
 * @param high the largest of them
 * @param runs that have the column, with a number in it
 */
record SeedSpread(
    ImmutableDoubleArray epoch,
    ImmutableDoubleArray mean,
    ImmutableDoubleArray low,
    ImmutableDoubleArray high,
    int runs) {

  /** Of the runs that have the column; empty where none has. */
  static SeedSpread of(RunGroup group, String column) {
    TreeMap<Double, List<Double>> byEpoch = new TreeMap<>();
    int runs = 0;
    for (ReportedRun run : group.runs()) {
      if (run.metrics().isEmpty() || !run.metrics().get().has(column)) {
        continue;
      }
      RunMetrics metrics = run.metrics().get();
      double[] epochs = metrics.column("epoch");
      double[] values = metrics.column(column);
      boolean any = false;
      for (int i = 0; i < values.length; i++) {
        if (Double.isFinite(values[i])) {
          byEpoch.computeIfAbsent(epochs[i], none -> new ArrayList<>()).add(values[i]);
          any = true;
        }
      }
      runs += any ? 1 : 0;
    }
    ImmutableDoubleArray.Builder mean = ImmutableDoubleArray.builder();
    ImmutableDoubleArray.Builder low = ImmutableDoubleArray.builder();
    ImmutableDoubleArray.Builder high = ImmutableDoubleArray.builder();
    for (List<Double> values : byEpoch.values()) {
      Statistics statistics = Statistics.of(values);
      mean.add(statistics.mean());
      low.add(statistics.low());
      high.add(statistics.high());
    }
    return new SeedSpread(
        ImmutableDoubleArray.copyOf(byEpoch.keySet()),
        mean.build(),
        low.build(),
        high.build(),
        runs);
  }

  boolean isEmpty() {
    return epoch.isEmpty();
  }

  /** The mean at the last epoch; NaN where there is none. */
  double last() {
    return isEmpty() ? Double.NaN : mean.get(mean.length() - 1);
  }
}
