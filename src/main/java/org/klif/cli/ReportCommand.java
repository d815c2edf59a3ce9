package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.klif.report.Report;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes a run's report again. */
@Command(
    name = "report",
    description = "Write report.html of a run; it loads nothing from elsewhere.")
final class ReportCommand extends JsonCommand {
  @Parameters(index = "0", paramLabel = "RUN", description = "Folder of a run.")
  Path run;

  ReportCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    Path report = Report.write(run);
    console.out().println("report " + report);
    result.put("run", run.toString());
    result.put("report", report.toString());
    return KlifCommand.DONE;
  }
}
