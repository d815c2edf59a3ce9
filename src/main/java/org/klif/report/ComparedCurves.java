package org.klif.report;

import org.klif.chart.LineChart;
import java.util.ArrayList;
import java.util.List;

/** Loss and accuracy over the epochs, a chart for each data set. */
final class ComparedCurves implements ComparedSection {
  @Override
  public String id() {
    return "curves";
  }

  @Override
  public String title() {
    return "Learning curves";
  }

  @Override
  public void write(ComparedRuns compared, Html html) {
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
    List<LineChart> charts = new ArrayList<>();
    compared
        .panels()
        .forEach(
            (data, groups) -> {
              String name = data.isEmpty() ? title : title + ", " + data;
              LineChart chart = new LineChart(name, "epoch").wholeX();
              boolean share = column.endsWith("Accuracy");
              if (share) {
                chart.percent();
              }
              new GroupLines(compared)
                  .add(chart, groups, column, share ? Numbers::percent : Numbers::significant);
              if (!chart.isEmpty()) {
                charts.add(chart);
              }
            });
    return charts;
  }
}
