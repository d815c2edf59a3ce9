package org.klif.report;

import java.util.Optional;
import org.klif.chart.LineChart;
import org.klif.chart.LineChart.Option;
import org.klif.chart.LineChart.Pen;
import org.klif.run.RunMetrics;

/** Loss, accuracy, learning rate and gradient norm over the epochs. */
final class CurvesSection {
  static void write(ReportedRun run, Html html) {
    Optional<RunMetrics> metrics = run.metrics();
    if (metrics.isEmpty()) {
      html.missing("metrics.csv is missing: there are no curves.");
      return;
    }
    html.raw("<div class=\"grid\">\n");
    RunMetrics m = metrics.get();
    write(html, m, chart("Loss"), "trainLoss", "testLoss");
    write(html, m, chart("Accuracy").with(Option.PERCENT), "trainAccuracy", "testAccuracy");
    write(html, m, chart("Learning rate").with(Option.FROM_ZERO), "learningRate", "");
    write(html, m, chart("Gradient norm").with(Option.FROM_ZERO), "gradientNorm", "");
    html.raw("</div>\n");
  }

  private static LineChart chart(String title) {
    return new LineChart(title, "epoch").with(Option.WHOLE_X);
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

  private CurvesSection() {}
}
