package org.klif.report;

import java.util.List;
import java.util.stream.IntStream;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;
import org.klif.run.FiringRates;

/** A histogram of firing rates drawn as a line: the share of neurons in each bin, at its middle. */
final class FiringHistogram {
  /** A chart without lines. */
  static LineChart chart(String title) {
    return new LineChart(title, "firing rate")
        .with(Option.PERCENT, Option.PERCENT_X, Option.FROM_ZERO);
  }

  /**
   * Adds a line.
   *
   * @param histograms of one layer, one a seed; their neurons are counted together
   */
  static void add(
      LineChart chart, String name, String note, List<FiringRates> histograms, Pen pen) {
    double all = histograms.stream().mapToInt(FiringRates::size).sum();
    if (all == 0) {
      return;
    }
    double[] rate =
        IntStream.range(0, FiringRates.BINS)
            .mapToDouble(bin -> (bin + 0.5) / FiringRates.BINS)
            .toArray();
    double[] share =
        IntStream.range(0, FiringRates.BINS)
            .mapToDouble(bin -> histograms.stream().mapToInt(h -> h.neurons().get(bin)).sum() / all)
            .toArray();
    chart.line(name, note, rate, share, pen);
  }

  private FiringHistogram() {}
}
