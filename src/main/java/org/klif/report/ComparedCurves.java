package org.klif.report;

import java.util.ArrayList;
import java.util.List;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;

/** Loss and accuracy over the epochs, a chart for each data set. */
final class ComparedCurves {
  static void write(ComparedRuns compared, Html html) {
    List<LineChart> charts = new ArrayList<>();
    charts.addAll(charts(compared, "testAccuracy", "Test accuracy"));
    charts.addAll(charts(compared, "trainAccuracy", "Training accuracy"));
    charts.addAll(charts(compared, "testLoss", "Test loss"));
    charts.addAll(charts(compared, "trainLoss", "Training loss"));
    if (charts.isEmpty()) {
      html.missing("No run has a metrics.csv with epochs: there are no curves.");
      return;
    }
    html.element("p", GroupLines.EXPLANATION).raw("\n").charts(charts);
  }

  /** A chart of this column for each data set that has it. */
  static List<LineChart> charts(ComparedRuns compared, String column, String title) {
    return compared.charts(
        title,
        (name, groups) -> {
          LineChart chart = new LineChart(name, "epoch").with(Option.WHOLE_X);
          boolean share = column.endsWith("Accuracy");
          if (share) {
            chart.with(Option.PERCENT);
          }
          new GroupLines(compared)
              .add(chart, groups, column, share ? Numbers::percent : Numbers::significant);
          return chart;
        });
  }

  private ComparedCurves() {}
}
