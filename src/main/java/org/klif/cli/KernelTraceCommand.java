package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.klif.chart.Drawing;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.workbench.Current;
import org.klif.workbench.NeuronTrace;
import org.klif.workbench.TracePicture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what one neuron does under a current. */
@Command(
    name = "trace",
    description = "Show the states, the threshold and the spikes of one neuron under a current.")
final class KernelTraceCommand extends KernelCommand {
  /** Rows of the table without a picture. */
  private static final int MOST_ROWS = 60;

  @Option(
      names = "--input",
      paramLabel = "CURRENT",
      defaultValue = "const:1.5",
      description =
          "const:1.5 (default), step:1.5@10 (from step 10 on), pulse:2@5-8 (steps 5 to 8), or a file with one number a line.")
  String input;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Time steps; 50, or as many as the file has numbers.")
  Integer steps;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where the picture goes, .svg or .png; without it a table is printed.")
  Path out;

  KernelTraceCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    Current current =
        Current.parse(input, steps == null ? OptionalInt.empty() : OptionalInt.of(steps));
    if (out != null) {
      Drawing.requireKnown(out);
    }
    Neuron.Custom neuron = neuron();
    NeuronTrace trace;
    try (Device device = open()) {
      result.put("device", device.info().name());
      trace = NeuronTrace.of(device, neuron, current);
    }
    put(result, neuron);
    result.put("input", input).put("steps", trace.steps());
    ArrayNode spikes = result.putArray("spikes");
    trace.spikeSteps().forEach(spikes::add);
    ObjectNode states = result.putObject("states");
    for (NeuronTrace.Line line : trace.states()) {
      line.values().forEach(states.putArray(line.name())::add);
    }
    if (out == null) {
      table(trace);
    } else {
      new TracePicture(trace).drawing().write(out);
      result.put("picture", out.toString());
      line("picture %s", out);
    }
    line("%d spikes in %d steps%s", spikes.size(), trace.steps(), at(trace));
    return KlifCommand.DONE;
  }

  private static String at(NeuronTrace trace) {
    if (trace.spikeSteps().isEmpty()) {
      return "";
    }
    int shown = 20;
    return ", at "
        + trace.spikeSteps().stream()
            .limit(shown)
            .map(String::valueOf)
            .collect(Collectors.joining(" "))
        + (trace.spikeSteps().size() > shown ? " ..." : "");
  }

  private void table(NeuronTrace trace) {
    StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%5s %9s", "step", "x"));
    trace.states().forEach(line -> head.append(String.format(Locale.ROOT, " %9s", line.name())));
    console.out().println(head.append(String.format(Locale.ROOT, " %9s  spike", "u")));
    for (int t = 0; t < Math.min(trace.steps(), MOST_ROWS); t++) {
      StringBuilder row =
          new StringBuilder(String.format(Locale.ROOT, "%5d %9.4g", t + 1, trace.input().get(t)));
      for (NeuronTrace.Line line : trace.states()) {
        row.append(String.format(Locale.ROOT, " %9.4g", line.values().get(t)));
      }
      row.append(String.format(Locale.ROOT, " %9.4g", trace.argument().get(t)));
      row.append(trace.spikes().get(t) > 0.5 ? "  *" : "");
      console.out().println(row);
    }
    if (trace.steps() > MOST_ROWS) {
      line("... %d more; --out X.svg or --json has all", trace.steps() - MOST_ROWS);
    }
  }
}
