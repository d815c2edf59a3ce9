package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.neuron.NeuronOptions;
import org.klif.verify.GradientCheck;
import org.klif.verify.GradientRow;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares backward passes with finite differences. */
@Command(
    name = "gradcheck",
    description = "Compare every layer's and neuron's gradients with finite differences.")
final class GradcheckCommand extends JsonCommand {
  @Option(
      names = "--neuron",
      paramLabel = "NAME",
      description = "Only this neuron: klif, lif, plif or if (default: all).")
  String neuron;

  @Mixin DeviceChoice choice = new DeviceChoice();

  GradcheckCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    List<String> models =
        neuron == null
            ? NeuronOptions.MODELS
            : List.of(NeuronNames.byHand(neuron, "klif kernel check").model());
    DeviceOptions options = choice.options();
    ArrayNode rows = result.putArray("rows");
    int wrong;
    try (Device device = choice.open(console, options)) {
      result.put("device", device.info().name());
      console.out().println(GradientRow.head());
      wrong = GradientCheck.run(device, models, row -> report(row, rows));
    }
    console.out().printf("%d ok, %d wrong%n", rows.size() - wrong, wrong);
    result.put("ok", rows.size() - wrong);
    result.put("wrong", wrong);
    return wrong == 0 ? KlifCommand.DONE : KlifCommand.FAILED;
  }

  private void report(GradientRow row, ArrayNode rows) {
    console.out().println(row.line());
    ObjectNode entry = rows.addObject().put("layer", row.layer()).put("gradient", row.quantity());
    if (Double.isFinite(row.error())) {
      entry.put("error", row.error());
    }
    entry.put("tolerance", row.tolerance()).put("ok", row.ok());
  }
}
