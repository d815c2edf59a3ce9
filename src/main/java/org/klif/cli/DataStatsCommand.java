package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.klif.data.events.EventFile;
import org.klif.data.events.EventTotals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Figures of one event file, its fields as they are stored: {@code klif data stats FILE}. */
@Command(
    name = "stats",
    description =
        "Count the events of a recording: N-MNIST, AEDAT 2.0 or 3.1, plain or compressed (.gz, .xz).")
final class DataStatsCommand extends JsonCommand {
  @Parameters(index = "0", paramLabel = "FILE", description = "An event file.")
  Path file;

  DataStatsCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    EventTotals totals = new EventTotals();
    String format = EventFile.read(file, totals).format();
    result
        .put("format", format)
        .put("events", totals.events())
        .put("polarityOnes", totals.polarityOnes())
        .put("xSum", totals.xSum())
        .put("ySum", totals.ySum());
    putMicros(result, "firstMicros", totals.firstMicros());
    putMicros(result, "lastMicros", totals.lastMicros());
    PrintStream out = console.out();
    out.printf("%s: %s%n", file, format);
    out.printf(
        "%d events, %d of polarity 1; sum of x %d, of y %d%n",
        totals.events(), totals.polarityOnes(), totals.xSum(), totals.ySum());
    if (totals.events() > 0) {
      out.printf(
          "first at %d, last at %d microseconds%n",
          totals.firstMicros().getAsLong(), totals.lastMicros().getAsLong());
    }
    return KlifCommand.DONE;
  }

  private static void putMicros(ObjectNode result, String key, OptionalLong micros) {
    result.put(key, micros.isPresent() ? (Long) micros.getAsLong() : null);
  }
}
