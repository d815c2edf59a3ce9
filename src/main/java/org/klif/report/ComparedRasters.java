package org.klif.report;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.klif.chart.Ink;
import org.klif.run.RunTrace.Layer;

/** The spikes of the traced sample, the groups side by side: the first seed of each. */
final class ComparedRasters {
  private static final int MOST_GROUPS = 8;

  static void write(ComparedRuns compared, Html html) {
    List<RunGroup> traced =
        compared.groups().stream().filter(group -> traced(group).isPresent()).toList();
    if (traced.isEmpty()) {
      html.missing("No run has a trace.json with layers: there are no rasters.");
      return;
    }
    html.element(
        "p",
        "The first test sample in the first run of each group. A mark is a spike: time steps from"
            + " left to right, one row a neuron sampled from the layer.");
    if (traced.size() > MOST_GROUPS) {
      html.missing("Shown are the first " + MOST_GROUPS + " of " + traced.size() + " groups.");
    }
    for (RunGroup group : traced.subList(0, Math.min(MOST_GROUPS, traced.size()))) {
      List<Layer> layers = traced(group).orElseThrow();
      html.element("h3", group.name()).raw("\n<div class=\"rasters\">\n");
      IntStream.range(0, layers.size())
          .forEach(i -> Raster.write(layers.get(i), Ink.line(i), html));
      html.raw("</div>\n");
    }
  }

  private static Optional<List<Layer>> traced(RunGroup group) {
    return group.runs().stream()
        .flatMap(run -> run.trace().stream())
        .map(trace -> trace.layers())
        .filter(layers -> !layers.isEmpty())
        .findFirst();
  }

  private ComparedRasters() {}
}
