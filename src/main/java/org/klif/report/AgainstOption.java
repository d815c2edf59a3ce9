package org.klif.report;

import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.klif.chart.Ink;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;

/** Accuracy against an option that is a number: T, or whatever was swept. */
final class AgainstOption {
  private static final String EXPLANATION =
      "Test accuracy of the last epoch. A point is the mean over the seeds; the upright stroke"
          + " reaches from the smallest to the largest seed.";

  static void write(ComparedRuns compared, Html html) {
    List<LineChart> charts = new ArrayList<>();
    swept(compared).forEach(key -> charts.addAll(charts(compared, key)));
    if (charts.isEmpty()) {
      html.missing("No option with numbers varies between the groups.");
      return;
    }
    html.element("p", EXPLANATION).raw("\n").charts(charts);
  }

  /** The keys that are numbers in all groups, T first. */
  static List<String> swept(ComparedRuns compared) {
    return compared.keys().stream()
        .filter(
            key ->
                compared.groups().stream()
                    .allMatch(group -> Doubles.tryParse(group.key().get(key)) != null))
        .toList();
  }

  /** One chart for each data set: a curve for each combination of the other options. */
  static List<LineChart> charts(ComparedRuns compared, String key) {
    return compared.charts("Accuracy against " + key, (title, groups) -> chart(key, title, groups));
  }

  private static LineChart chart(String key, String title, List<RunGroup> groups) {
    LineChart chart = new LineChart(title, key).with(Option.PERCENT, Option.MARKS);
    Map<String, TreeMap<Double, Statistics>> curves = new LinkedHashMap<>();
    for (RunGroup group : groups) {
      String rest = group.label(name -> !name.equals(key) && !name.equals(RunGroup.DATA));
      Double x = Doubles.tryParse(group.key().get(key));
      Statistics accuracy =
          FinalNumbers.statistics(group, run -> FinalNumbers.last(run, "testAccuracy"));
      if (x != null && accuracy.count() > 0) {
        curves
            .computeIfAbsent(rest.isEmpty() ? group.model() : rest, none -> new TreeMap<>())
            .put(x, accuracy);
      }
    }
    int index = 0;
    for (Map.Entry<String, TreeMap<Double, Statistics>> curve : curves.entrySet()) {
      add(chart, curve.getKey(), curve.getValue(), index);
      index++;
    }
    boolean whole =
        curves.values().stream()
            .flatMap(curve -> curve.keySet().stream())
            .allMatch(x -> x == Math.rint(x));
    return whole ? chart.with(Option.WHOLE_X) : chart;
  }

  private static void add(LineChart chart, String name, Map<Double, Statistics> points, int index) {
    double[] x = Doubles.toArray(points.keySet());
    double[] low = points.values().stream().mapToDouble(Statistics::low).toArray();
    double[] high = points.values().stream().mapToDouble(Statistics::high).toArray();
    double[] mean = points.values().stream().mapToDouble(Statistics::mean).toArray();
    chart.whiskers(x, low, high, Ink.line(index));
    chart.line(name, "", x, mean, Pen.varied(index));
  }

  private AgainstOption() {}
}
