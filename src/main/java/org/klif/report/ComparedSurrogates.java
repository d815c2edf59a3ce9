package org.klif.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.klif.chart.Ink;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;

/** The surrogate's shape at the learned k, mean over the seeds, beside LIF's. */
final class ComparedSurrogates {
  private static final int MOST_GROUPS = 8;
  private static final Pen DASHED = new Pen(Ink.line(7), LineChart.Look.DASHED);

  static void write(ComparedRuns compared, Html html) {
    List<LineChart> charts = new ArrayList<>();
    compared.groups().forEach(group -> chart(group).ifPresent(charts::add));
    if (charts.isEmpty()) {
      html.missing("No run has columns k.LAYER in metrics.csv: no neuron here learns a scale.");
      return;
    }
    html.element(
        "p",
        "dS/dH over the charged potential H, k being the mean over the seeds after the last epoch;"
            + " dashed: LIF with the same surrogate.");
    if (charts.size() > MOST_GROUPS) {
      html.missing("Shown are the first " + MOST_GROUPS + " of " + charts.size() + " groups.");
    }
    html.charts(charts.stream().limit(MOST_GROUPS).toList());
  }

  private static Optional<LineChart> chart(RunGroup group) {
    Set<String> layers = group.layers("k");
    Optional<SurrogateCurve> found =
        Optional.of(group.runs().get(0))
            .filter(ReportedRun::hasBuiltInNeuron)
            .flatMap(SurrogateCurve::of);
    if (layers.isEmpty() || found.isEmpty()) {
      return Optional.empty();
    }
    SurrogateCurve curve = found.get();
    LineChart chart =
        new LineChart("dS/dH, " + curve.name() + ": " + group.name(), "H").with(Option.FROM_ZERO);
    int index = 0;
    for (String layer : layers) {
      double k = SeedSpread.of(group, "k." + layer).last();
      if (Double.isFinite(k)) {
        chart.line(
            layer,
            "k = " + Numbers.significant(k),
            curve.potentials(),
            curve.scaled(k),
            Pen.solid(index));
      }
      index++;
    }
    chart.line("LIF", "", curve.potentials(), curve.plain(), DASHED);
    return Optional.of(chart);
  }

  private ComparedSurrogates() {}
}
