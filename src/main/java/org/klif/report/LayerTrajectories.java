package org.klif.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleFunction;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;
import org.klif.run.RunMetrics;

/**
 * The columns {@code prefix.LAYER} over the epochs: for few groups a chart each with a line a
 * layer, for many a chart for each layer with a line a group.
 */
final class LayerTrajectories {
  /** More groups are compared layer by layer. */
  private static final int FEW_GROUPS = 6;

  private final String prefix;
  private final String title;
  private final String absence;
  private final DoubleFunction<String> number;

  private LayerTrajectories(
      String prefix, String title, String absence, DoubleFunction<String> number) {
    this.prefix = prefix;
    this.title = title;
    this.absence = absence;
    this.number = number;
  }

  /** The scale of KLIF. */
  static LayerTrajectories k() {
    return new LayerTrajectories(
        "k",
        title("k"),
        "No run has columns k.LAYER in metrics.csv: no neuron here learns a scale.",
        Numbers::significant);
  }

  /** The time constant of PLIF. */
  static LayerTrajectories tau() {
    return new LayerTrajectories(
        "tau",
        title("tau"),
        "No run has columns tau.LAYER in metrics.csv: no neuron here learns a time constant.",
        Numbers::significant);
  }

  /** Something else that neurons from files learn, by its name. */
  static LayerTrajectories learned(String name) {
    return new LayerTrajectories(
        name, title(name), "No run has columns " + name + ".LAYER.", Numbers::significant);
  }

  /** Title of a chart of what neurons learn. */
  static String title(String name) {
    return switch (name) {
      case "k" -> "Scale k of every layer";
      case "tau" -> "Time constant τ of every layer";
      default -> "Learned " + name + " of every layer";
    };
  }

  /** Spikes per neuron-step. */
  static LayerTrajectories rates() {
    return new LayerTrajectories(
        "rate",
        "Firing rate of every layer",
        "No run has columns rate.LAYER in metrics.csv.",
        rate -> Numbers.percent(rate, 1));
  }

  /** Norms of the gradients of a layer's parameters. */
  static LayerTrajectories gradients() {
    return new LayerTrajectories(
        "gradientNorm",
        "Gradient norm of every layer",
        "No run has columns gradientNorm.LAYER in metrics.csv.",
        Numbers::significant);
  }

  /** Its part of a page. */
  Section<ComparedRuns> section() {
    return new Section<>(prefix.replace('.', '-'), title, this::write);
  }

  private void write(ComparedRuns compared, Html html) {
    List<LineChart> charts = charts(compared);
    if (charts.isEmpty()) {
      html.missing(absence);
      return;
    }
    html.charts(charts);
  }

  /** All charts; none where no run has such a column. */
  List<LineChart> charts(ComparedRuns compared) {
    List<RunGroup> having = compared.groups().stream().filter(g -> !layers(g).isEmpty()).toList();
    return having.size() <= FEW_GROUPS ? byGroup(having) : byLayer(compared);
  }

  private List<LineChart> byGroup(List<RunGroup> groups) {
    List<LineChart> charts = new ArrayList<>();
    for (RunGroup group : groups) {
      String label = group.label().isEmpty() ? group.model() : group.label();
      LineChart chart = chart(title + ": " + label);
      int index = 0;
      for (String layer : layers(group)) {
        SeedSpread spread = SeedSpread.of(group, prefix + "." + layer);
        GroupLines.add(chart, layer, spread, number, Pen.varied(index), true);
        index++;
      }
      if (!chart.isEmpty()) {
        charts.add(chart);
      }
    }
    return charts;
  }

  private List<LineChart> byLayer(ComparedRuns compared) {
    List<LineChart> charts = new ArrayList<>();
    compared
        .panels()
        .forEach(
            (data, groups) -> {
              Set<String> layers = new LinkedHashSet<>();
              groups.forEach(group -> layers.addAll(layers(group)));
              for (String layer : layers) {
                LineChart chart =
                    chart(prefix + " of " + layer + (data.isEmpty() ? "" : ", " + data));
                new GroupLines(compared).add(chart, groups, prefix + "." + layer, number);
                charts.add(chart);
              }
            });
    return charts.stream().filter(chart -> !chart.isEmpty()).toList();
  }

  private LineChart chart(String name) {
    LineChart chart = new LineChart(name, "epoch").with(Option.WHOLE_X);
    if (prefix.equals("rate")) {
      chart.with(Option.PERCENT);
    }
    return prefix.equals("rate") || prefix.equals("gradientNorm")
        ? chart.with(Option.FROM_ZERO)
        : chart;
  }

  private Set<String> layers(RunGroup group) {
    Set<String> layers = new LinkedHashSet<>();
    for (ReportedRun run : group.runs()) {
      run.metrics().map((RunMetrics m) -> m.layers(prefix)).ifPresent(layers::addAll);
    }
    return layers;
  }
}
