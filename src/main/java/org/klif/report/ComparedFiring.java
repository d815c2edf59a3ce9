package org.klif.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Pen;
import org.klif.run.FiringRates;

/** How the neurons of a layer share its spikes: a chart for each layer, a line for each group. */
final class ComparedFiring {
  static void write(ComparedRuns compared, Html html) {
    List<LineChart> charts = new ArrayList<>();
    compared.panels().forEach((data, groups) -> addCharts(compared, data, groups, charts));
    if (charts.isEmpty()) {
      html.missing("No run has firing rates of single neurons in a trace.json.");
      return;
    }
    html.element(
        "p",
        "The share of a layer's neurons in each of %d ranges of the firing rate; the neurons of all"
                .formatted(FiringRates.BINS)
            + " seeds are counted together.");
    html.charts(charts);
  }

  private static void addCharts(
      ComparedRuns compared, String data, List<RunGroup> groups, List<LineChart> charts) {
    int most = groups.stream().mapToInt(group -> layers(group).size()).max().orElse(0);
    for (int layer = 0; layer < most; layer++) {
      // layers are named after their neuron: 2.klif of one group stands where 2.lif of another does
      int place = layer;
      Set<String> names = new LinkedHashSet<>();
      groups.forEach(group -> layers(group).stream().skip(place).limit(1).forEach(names::add));
      String title = String.join(", ", names) + (data.isEmpty() ? "" : ", " + data);
      LineChart chart = FiringHistogram.chart(title);
      for (RunGroup group : groups) {
        FiringHistogram.add(
            chart,
            group.labelInPanel(),
            "",
            histograms(group, place),
            Pen.varied(compared.number(group)));
      }
      if (!chart.isEmpty()) {
        charts.add(chart);
      }
    }
  }

  private static List<String> layers(RunGroup group) {
    return group.runs().stream()
        .flatMap(run -> run.trace().stream())
        .map(trace -> trace.firingRates().stream().map(FiringRates::layer).toList())
        .filter(names -> !names.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private static List<FiringRates> histograms(RunGroup group, int layer) {
    return group.runs().stream()
        .flatMap(run -> run.trace().stream())
        .filter(trace -> trace.firingRates().size() > layer)
        .map(trace -> trace.firingRates().get(layer))
        .toList();
  }

  private ComparedFiring() {}
}
