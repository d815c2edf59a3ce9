package org.klif.report;

import java.util.List;
import java.util.function.DoubleFunction;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Pen;
import org.klif.run.RunMetrics;

/** What the neuron layers learn and how much they fire, over the epochs. */
final class NeuronsSection {
  static void write(ReportedRun run, Html html) {
    if (run.metrics().isEmpty()) {
      html.missing("metrics.csv is missing: nothing is known of k and firing rates.");
      return;
    }
    RunMetrics metrics = run.metrics().get();
    html.raw("<div class=\"grid\">\n");
    boolean learned = false;
    for (String name : metrics.learned()) {
      learned |= write(html, metrics, name);
    }
    if (!learned) {
      html.missing(
          "metrics.csv has no values of k, tau or the like: these neurons learn no parameter of"
              + " their own.");
    }
    if (!write(html, metrics, "rate")) {
      html.missing("metrics.csv has no firing rates.");
    }
    if (!write(html, metrics, "gradientNorm")) {
      html.missing("metrics.csv has no gradient norms of single layers.");
    }
    html.raw("</div>\n");
  }

  private static boolean write(Html html, RunMetrics metrics, String prefix) {
    LineChart chart = LayerTrajectories.chart(prefix, LayerTrajectories.title(prefix));
    DoubleFunction<String> number = LayerTrajectories.number(prefix);
    List<String> layers = metrics.layers(prefix);
    double[] epoch = metrics.column("epoch");
    for (int i = 0; i < layers.size(); i++) {
      double[] values = metrics.column(prefix + "." + layers.get(i));
      String last = values.length == 0 ? "" : number.apply(values[values.length - 1]);
      chart.line(layers.get(i), last, epoch, values, Pen.solid(i));
    }
    if (chart.isEmpty()) {
      return false;
    }
    html.chart(chart);
    return true;
  }

  private NeuronsSection() {}
}
