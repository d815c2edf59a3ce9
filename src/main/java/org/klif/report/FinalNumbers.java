package org.klif.report;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;

/** A table of what each group came to. */
final class FinalNumbers {
  private record Column(
      String name, ToDoubleFunction<ReportedRun> value, DoubleFunction<String> text) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column(
              "test accuracy, last epoch", run -> last(run, "testAccuracy"), FinalNumbers::percent),
          new Column("best epoch", FinalNumbers::best, FinalNumbers::percent),
          new Column("training accuracy", run -> last(run, "trainAccuracy"), FinalNumbers::percent),
          new Column("test loss", run -> last(run, "testLoss"), Numbers::significant),
          new Column("firing rate", FinalNumbers::rate, rate -> Numbers.percent(rate, 1)),
          new Column("operations a sample", FinalNumbers::operations, Numbers::operations),
          new Column("energy, estimated", FinalNumbers::energy, Numbers::energy),
          new Column("s an epoch", FinalNumbers::seconds, Numbers::significant));

  static void write(ComparedRuns compared, Html html) {
    html.raw("<div class=\"scroll\"><table class=\"wide\"><caption>");
    html.text("Mean over the seeds ± standard deviation of a seed (n − 1). Accuracies in percent.");
    html.raw("</caption>\n<thead><tr><th scope=\"col\">group</th>");
    html.raw("<th scope=\"col\" class=\"number\">seeds</th>");
    for (Column column : COLUMNS) {
      html.raw("<th scope=\"col\" class=\"number\">").text(column.name()).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for (RunGroup group : compared.groups()) {
      html.raw("<tr><th scope=\"row\">").text(group.name()).raw("</th>");
      html.element("td", "number", Integer.toString(group.runs().size()));
      for (Column column : COLUMNS) {
        html.element("td", "number", cell(group, column));
      }
      html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div>\n<p>");
    html.text(
        "Each seed's test accuracy of the last epoch: "
            + String.join("; ", compared.groups().stream().map(FinalNumbers::seeds).toList())
            + ".");
    html.raw("</p>\n");
  }

  private static String cell(RunGroup group, Column column) {
    Statistics statistics = statistics(group, column.value);
    String mean = column.text.apply(statistics.mean());
    return statistics.count() < 2 ? mean : mean + " ± " + column.text.apply(statistics.deviation());
  }

  private static String seeds(RunGroup group) {
    List<String> each =
        group.runs().stream().map(run -> percent(last(run, "testAccuracy"))).toList();
    return group.name() + " " + String.join(", ", each);
  }

  /** Over the runs of a group that have the value. */
  static Statistics statistics(RunGroup group, ToDoubleFunction<ReportedRun> value) {
    return Statistics.of(group.runs().stream().map(value::applyAsDouble).toList());
  }

  /** A column's value at a run's last epoch; NaN where there is none. */
  static double last(ReportedRun run, String column) {
    return run.metrics()
        .filter(m -> m.has(column) && m.epochs() > 0)
        .map(m -> m.column(column)[m.epochs() - 1])
        .orElse(Double.NaN);
  }

  private static double best(ReportedRun run) {
    return run.metrics()
        .filter(m -> m.has("testAccuracy"))
        .map(m -> m.column("testAccuracy"))
        .map(values -> Arrays.stream(values).filter(Double::isFinite).max().orElse(Double.NaN))
        .orElse(Double.NaN);
  }

  private static double rate(ReportedRun run) {
    return run.metrics().map(RunMetrics::lastFiringRate).orElse(Double.NaN);
  }

  private static double operations(ReportedRun run) {
    return run.trace().map(RunTrace::operations).orElse(Double.NaN);
  }

  private static double energy(ReportedRun run) {
    return run.trace().map(RunTrace::picojoules).orElse(Double.NaN);
  }

  private static double seconds(ReportedRun run) {
    return run.metrics().map(m -> m.median("seconds").orElse(Double.NaN)).orElse(Double.NaN);
  }

  private static String percent(double share) {
    return Numbers.fixed(100 * share, 2);
  }

  private FinalNumbers() {}
}
