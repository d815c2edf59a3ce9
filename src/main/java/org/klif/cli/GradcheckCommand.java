package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;
import org.klif.verify.GradientCheck;
import org.klif.verify.GradientRow;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares backward passes with finite differences, or where these are too coarse with float32. */
@Command(
    name = "gradcheck",
    description = {
      "Compare every layer's and neuron's gradients with finite differences.",
      "With --precision bf16 operations are compared with differences that the CPU takes in float32,"
          + " neurons and networks with its float32 gradients, of the same bfloat16 numbers."
    })
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
    DeviceOptions options = choice.comparedOptions();
    ArrayNode rows = result.putArray("rows");
    int wrong;
    try (Device device = choice.open(console, options)) {
      result.put("device", device.info().name());
      console.out().println(GradientRow.head());
      wrong = check(device, models, row -> report(row, rows));
    }
    summary("%d ok, %d wrong".formatted(rows.size() - wrong, wrong));
    result.put("ok", rows.size() - wrong);
    result.put("wrong", wrong);
    return wrong == 0 ? KlifCommand.DONE : KlifCommand.FAILED;
  }

  private int check(Device device, List<String> models, Consumer<GradientRow> each) {
    if (device.activationType() == DType.FLOAT32) {
      return GradientCheck.run(device, device, models, each);
    }
    try (Device cpu = Devices.open("cpu", new DeviceOptions(choice.threads))) {
      return GradientCheck.run(device, cpu, models, each);
    }
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
