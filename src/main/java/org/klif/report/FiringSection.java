package org.klif.report;

import java.util.List;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Pen;
import org.klif.run.FiringRates;
import org.klif.run.RunTrace;

/** How the neurons of each layer share its spikes. */
final class FiringSection {
  static void write(ReportedRun run, Html html) {
    List<FiringRates> layers = run.trace().map(RunTrace::firingRates).orElse(List.of());
    if (layers.isEmpty()) {
      html.missing(
          "trace.json is missing or has no firing rates of single neurons: they were not recorded.");
      return;
    }
    FiringRates first = layers.get(0);
    html.element(
        "p",
        "Over %d test samples of %d steps each, after the last epoch."
            .formatted(first.samples(), first.steps()));
    LineChart chart = FiringHistogram.chart("Neurons by their firing rate");
    for (int i = 0; i < layers.size(); i++) {
      FiringRates layer = layers.get(i);
      String note =
          Numbers.percent(layer.silent() / (double) Math.max(1, layer.size()), 0) + " silent";
      FiringHistogram.add(chart, layer.layer(), note, List.of(layer), Pen.varied(i));
    }
    html.charts(List.of(chart));
  }

  private FiringSection() {}
}
