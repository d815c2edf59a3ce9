package org.klif.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleFunction;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;

/**
 * The columns {@code prefix.LAYER} over the epochs: for few groups a chart each with a line a
 * layer, for many a chart for each layer with a line a group.
 */
final class LayerTrajectories {
  /** More groups are compared layer by layer. */
  private static final int FEW_GROUPS = 6;

  private static final String RATE = "rate";
  private static final String GRADIENT = "gradientNorm";

  private final String prefix;
  private final String absence;

  private LayerTrajectories(String prefix, String absence) {
    this.prefix = prefix;
    this.absence = absence;
  }

  /** The scale of KLIF. */
  static LayerTrajectories k() {
    return new LayerTrajectories(
        "k", "No run has columns k.LAYER in metrics.csv: no neuron here learns a scale.");
  }

  /** The time constant of PLIF. */
  static LayerTrajectories tau() {
    return new LayerTrajectories(
        "tau",
        "No run has columns tau.LAYER in metrics.csv: no neuron here learns a time constant.");
  }

  /** Something else that neurons from files learn, by its name. */
  static LayerTrajectories learned(String name) {
    return new LayerTrajectories(name, "No run has columns " + name + ".LAYER.");
  }

  /** Spikes per neuron-step. */
  static LayerTrajectories rates() {
    return new LayerTrajectories(RATE, "No run has columns rate.LAYER in metrics.csv.");
  }

  /** Norms of the gradients of a layer's parameters. */
  static LayerTrajectories gradients() {
    return new LayerTrajectories(GRADIENT, "No run has columns gradientNorm.LAYER in metrics.csv.");
  }

  /** Title of a chart of the columns with this prefix. */
  static String title(String prefix) {
    return switch (prefix) {
      case "k" -> "Scale k of every layer";
      case "tau" -> "Time constant τ of every layer";
      case RATE -> "Firing rate of every layer";
      case GRADIENT -> "Gradient norm of every layer";
      default -> "Learned " + prefix + " of every layer";
    };
  }

  /** A chart of columns with this prefix, without a line yet. */
  static LineChart chart(String prefix, String title) {
    LineChart chart = new LineChart(title, "epoch").with(Option.WHOLE_X);
    return switch (prefix) {
      case RATE -> chart.with(Option.PERCENT, Option.FROM_ZERO);
      case GRADIENT -> chart.with(Option.FROM_ZERO);
      default -> chart;
    };
  }

  /** How values of these columns are written. */
  static DoubleFunction<String> number(String prefix) {
    return prefix.equals(RATE) ? rate -> Numbers.percent(rate, 1) : Numbers::significant;
  }

  /** Its part of a page. */
  Section<ComparedRuns> section() {
    return new Section<>(prefix.replace('.', '-'), title(prefix), this::write);
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
    List<RunGroup> having =
        compared.groups().stream().filter(g -> !g.layers(prefix).isEmpty()).toList();
    return having.size() <= FEW_GROUPS ? byGroup(having) : byLayer(compared);
  }

  private List<LineChart> byGroup(List<RunGroup> groups) {
    List<LineChart> charts = new ArrayList<>();
    for (RunGroup group : groups) {
      LineChart chart = chart(prefix, title(prefix) + ": " + group.name());
      int index = 0;
      for (String layer : group.layers(prefix)) {
        SeedSpread spread = SeedSpread.of(group, prefix + "." + layer);
        GroupLines.add(chart, layer, spread, number(prefix), Pen.varied(index), true);
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
              groups.forEach(group -> layers.addAll(group.layers(prefix)));
              for (String layer : layers) {
                LineChart chart =
                    chart(prefix, prefix + " of " + layer + (data.isEmpty() ? "" : ", " + data));
                new GroupLines(compared).add(chart, groups, prefix + "." + layer, number(prefix));
                charts.add(chart);
              }
            });
    return charts.stream().filter(chart -> !chart.isEmpty()).toList();
  }
}
