package org.klif.sweep;

import com.google.common.math.Stats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.klif.io.AtomicFile;
import org.klif.io.Csv;

/**
 * The tables of a sweep: results.csv and results.md, whose bytes depend on the runs alone, and
 * times.csv with what depends on the machine.
 */
final class Results {
  /** A column of results.csv that a run has when it has come to something. */
  private record Metric(String name, Function<RunOutcome, String> text) {}

  private static final List<Metric> METRICS =
      List.of(
          new Metric("epochs", o -> Integer.toString(o.epochs())),
          new Metric("trainLoss", o -> number(o.trainLoss())),
          new Metric("trainAccuracy", o -> number(o.trainAccuracy())),
          new Metric("testLoss", o -> number(o.testLoss())),
          new Metric("testAccuracy", o -> number(o.testAccuracy())),
          new Metric("bestTestAccuracy", o -> number(o.bestTestAccuracy())),
          new Metric("bestEpoch", o -> Integer.toString(o.bestEpoch())));

  /** Writes all tables. */
  static void write(SweepFolder folder, SweepPlan plan, List<RunResult> results) {
    AtomicFile.write(folder.results(), csv(plan, results));
    AtomicFile.write(folder.times(), times(results));
    AtomicFile.write(folder.table(), markdown(plan, results));
  }

  /** One line a run, in the order of the plan. */
  static String csv(SweepPlan plan, List<RunResult> results) {
    List<String> header = new ArrayList<>(List.of("run", "status"));
    header.addAll(plan.swept());
    header.add("seed");
    METRICS.forEach(metric -> header.add(metric.name()));
    StringBuilder text = new StringBuilder(Csv.line(header));
    for (RunResult result : results) {
      List<String> cells = new ArrayList<>();
      cells.add(result.run().job().id());
      cells.add(result.state().token());
      plan.swept().forEach(key -> cells.add(result.run().values().getOrDefault(key, "")));
      cells.add(Long.toString(result.run().job().config().seed()));
      METRICS.forEach(metric -> cells.add(result.outcome().map(metric.text()).orElse("")));
      text.append(Csv.line(cells));
    }
    return text.toString();
  }

  private static String times(List<RunResult> results) {
    StringBuilder text =
        new StringBuilder(Csv.line(List.of("run", "secondsPerEpoch", "imagesPerSecond")));
    for (RunResult result : results) {
      text.append(
          Csv.line(
              List.of(
                  result.run().job().id(),
                  result.outcome().map(o -> number(o.secondsPerEpoch())).orElse(""),
                  result.outcome().map(o -> number(o.imagesPerSecond())).orElse(""))));
    }
    return text.toString();
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? number(value.getAsDouble()) : "";
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  /** One line for all runs that differ in their seed alone. */
  static String markdown(SweepPlan plan, List<RunResult> results) {
    Map<String, List<RunResult>> groups = new LinkedHashMap<>();
    results.forEach(r -> groups.computeIfAbsent(r.run().group(), g -> new ArrayList<>()).add(r));
    List<String> header = new ArrayList<>(plan.swept());
    header.addAll(
        List.of(
            "seeds", "epochs", "test accuracy %", "standard deviation", "best epoch's %", "runs"));
    StringBuilder text = new StringBuilder("# Sweep " + plan.name() + "\n\n");
    text.append(row(header));
    text.append(row(header.stream().map(h -> "---").toList()));
    groups.values().forEach(group -> text.append(row(cells(plan, group))));
    text.append(
        "\nAccuracies are means over the seeds, after the last epoch trained and at the best one;"
            + " the standard deviation is that of one run.\n");
    return text.toString();
  }

  private static List<String> cells(SweepPlan plan, List<RunResult> group) {
    List<RunOutcome> outcomes = group.stream().flatMap(r -> r.outcome().stream()).toList();
    List<String> cells = new ArrayList<>();
    Map<String, String> values = group.get(0).run().values();
    plan.swept().forEach(key -> cells.add(values.getOrDefault(key, "").replace("|", "\\|")));
    double[] accuracy = outcomes.stream().mapToDouble(RunOutcome::testAccuracy).toArray();
    double[] best = outcomes.stream().mapToDouble(RunOutcome::bestTestAccuracy).toArray();
    cells.add(Integer.toString(outcomes.size()));
    cells.add(
        outcomes.stream()
            .map(o -> Integer.toString(o.epochs()))
            .distinct()
            .collect(Collectors.joining(", ")));
    cells.add(percent(mean(accuracy)));
    cells.add(percent(deviation(accuracy)));
    cells.add(percent(mean(best)));
    cells.add(
        group.stream().map(r -> r.state().token()).distinct().collect(Collectors.joining(", ")));
    return cells;
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static String percent(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * value);
  }

  /** NaN for no value. */
  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** Of a sample, NaN below two values. */
  private static double deviation(double[] values) {
    return values.length < 2 ? Double.NaN : Stats.of(values).sampleStandardDeviation();
  }

  private Results() {}
}
