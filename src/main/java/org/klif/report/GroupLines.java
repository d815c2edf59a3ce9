package org.klif.report;

import java.util.List;
import java.util.function.DoubleFunction;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Pen;

/** Draws groups of runs as lines over the epochs: the mean over the seeds, and a band around it. */
final class GroupLines {
  /** Said once beside the charts. */
  static final String EXPLANATION =
      "A line is the mean over the seeds of a group; its band, where there are several, reaches from"
          + " the smallest to the largest seed.";

  /** Bands of more groups cover each other. */
  private static final int MOST_BANDS = 6;

  private final ComparedRuns compared;

  GroupLines(ComparedRuns compared) {
    this.compared = compared;
  }

  /** One line a group that has the column; the note in the legend is its last value. */
  void add(LineChart chart, List<RunGroup> groups, String column, DoubleFunction<String> number) {
    for (RunGroup group : groups) {
      add(
          chart,
          group.labelInPanel(),
          SeedSpread.of(group, column),
          number,
          Pen.varied(compared.number(group)),
          groups.size() <= MOST_BANDS);
    }
  }

  /** One line. */
  static void add(
      LineChart chart,
      String name,
      SeedSpread spread,
      DoubleFunction<String> number,
      Pen pen,
      boolean band) {
    if (spread.isEmpty()) {
      return;
    }
    double[] epoch = spread.epoch().toArray();
    if (band && spread.runs() > 1) {
      chart.band(epoch, spread.low().toArray(), spread.high().toArray(), pen.ink());
    }
    chart.line(name, number.apply(spread.last()), epoch, spread.mean().toArray(), pen);
  }
}
