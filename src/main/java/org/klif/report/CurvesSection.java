package org.klif.report;

import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Pen;
import java.util.Optional;
import org.klif.run.RunMetrics;

/** Loss, accuracy, learning rate and gradient norm over the epochs. */
final class CurvesSection implements Section {
  @Override
  public String id() {
    return "curves";
  }

  @Override
  public String title() {
    return "Learning curves";
  }

  @Override
  public void write(ReportedRun run, Html html) {
    Optional<RunMetrics> metrics = run.metrics();
    if (metrics.isEmpty()) {
      html.missing("metrics.csv is missing: there are no curves.");
      return;
    }
    html.raw("<div class=\"grid\">\n");
    RunMetrics m = metrics.get();
    write(html, m, chart("Loss"), "trainLoss", "testLoss");
    write(html, m, chart("Accuracy").percent(), "trainAccuracy", "testAccuracy");
    write(html, m, chart("Learning rate").fromZero(), "learningRate", "");
    write(html, m, chart("Gradient norm").fromZero(), "gradientNorm", "");
    html.raw("</div>\n");
  }

  private static LineChart chart(String title) {
    return new LineChart(title, "epoch").wholeX();
  }

  private static void write(
      Html html, RunMetrics metrics, LineChart chart, String train, String test) {
    double[] epoch = metrics.column("epoch");
    if (metrics.has(train)) {
      String name = test.isEmpty() ? "training" : "training set";
      chart.line(name, "", epoch, metrics.column(train), Pen.solid(0));
    }
    if (metrics.has(test)) {
      chart.line("test set", "", epoch, metrics.column(test), Pen.solid(1));
    }
    if (chart.isEmpty()) {
      html.missing("metrics.csv has no values of " + train + ".");
    } else {
      html.chart(chart);
    }
  }
}
