package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.report.Comparison;
import org.klif.report.Figure;
import org.klif.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a run's report again, or a report that compares runs. */
@Command(
    name = "report",
    description =
        "Write report.html of a run, or one file that compares several runs; it loads nothing from"
            + " elsewhere.")
final class ReportCommand extends JsonCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "RUN",
      description = "Folder of a run; runs that differ only in their seed become one group.")
  List<Path> runs = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where the comparison goes, comparison.html here unless said; or the figure, .png or .svg.")
  Path out;

  @Option(
      names = "--figure",
      paramLabel = "NAME",
      description =
          "Write one chart of the comparison as a picture instead: k, tau, rate (of every layer over the"
              + " epochs; or what a neuron from a file learns, by its name) or T (accuracy against T).")
  String figure;

  ReportCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    if (figure != null) {
      Path file = ExportOptions.file(out, Path.of(figure + ".png"));
      new Figure(figure).write(runs, file);
      return written("figure", file, result);
    }
    if (runs.size() == 1 && out == null) {
      result.put("run", runs.get(0).toString());
      return written("report", Report.write(runs.get(0)), result);
    }
    Path file = ExportOptions.file(out, Path.of("comparison.html"));
    Comparison.write(runs, file);
    ArrayNode names = result.putArray("runs");
    runs.forEach(run -> names.add(run.toString()));
    return written("report", file, result);
  }

  private int written(String what, Path file, ObjectNode result) {
    line("%s %s", what, file);
    result.put(what, file.toString());
    return KlifCommand.DONE;
  }
}
