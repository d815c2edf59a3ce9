package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.klif.UsageException;
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
      return figure(result);
    }
    if (runs.size() == 1 && out == null) {
      return single(runs.get(0), result);
    }
    Path file = out == null ? Path.of("comparison.html") : out;
    if (file.toFile().isDirectory()) {
      throw new UsageException("--out " + file + " is a folder; name a file");
    }
    Comparison.write(runs, file);
    console.out().println("report " + file);
    ArrayNode names = result.putArray("runs");
    runs.forEach(run -> names.add(run.toString()));
    result.put("report", file.toString());
    return KlifCommand.DONE;
  }

  private int figure(ObjectNode result) {
    Figure drawn = new Figure(figure);
    Path file = out == null ? Path.of(figure + ".png") : out;
    if (file.toFile().isDirectory()) {
      throw new UsageException("--out " + file + " is a folder; name a file");
    }
    drawn.write(runs, file);
    console.out().println("figure " + file);
    result.put("figure", file.toString());
    return KlifCommand.DONE;
  }

  private int single(Path run, ObjectNode result) {
    Path report = Report.write(run);
    console.out().println("report " + report);
    result.put("run", run.toString());
    result.put("report", report.toString());
    return KlifCommand.DONE;
  }
}
