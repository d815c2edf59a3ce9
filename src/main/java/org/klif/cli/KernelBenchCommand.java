package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.workbench.NeuronCost;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times a neuron beside LIF and KLIF. */
@Command(name = "bench", description = "Time a neuron's passes beside the built-in LIF and KLIF.")
final class KernelBenchCommand extends KernelCommand {
  @Option(names = "--T", paramLabel = "N", defaultValue = "8", description = "Time steps (8).")
  int steps;

  @Option(
      names = "--neurons",
      paramLabel = "N",
      defaultValue = "1048576",
      description = "Neurons, each with T steps (2^20).")
  long neurons;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds in which it is run in turn with LIF (3).")
  int pairs;

  KernelBenchCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    BenchCommand.checkPairs(pairs);
    Neuron.Custom neuron = neuron();
    try (Device device = open()) {
      BenchCommand.requireTimes(device, "; time a neuron with --device cpu or cuda");
      put(result, neuron);
      showDevice(result, device, choice.threads);
      result.put("T", steps).put("neurons", neurons);
      line("T %d, %,d neurons; ns a neuron-step, medians", steps, neurons);
      line(
          "%-12s %8s %8s %8s %8s  %s",
          "", "forward", "backward", "both", "GB/s", "both by LIF's, in turn");
      ArrayNode rows = result.putArray("rows");
      List<NeuronCost> costs = NeuronCost.measure(device, neuron, steps, neurons, pairs);
      costs.forEach(cost -> row(cost, rows));
    }
    putRegisters(result, neuron);
    return KlifCommand.DONE;
  }

  private void row(NeuronCost cost, ArrayNode rows) {
    double forward = cost.result().perNeuronStep(cost.result().forward().median());
    double backward = cost.result().perNeuronStep(cost.result().backward().median());
    ObjectNode row =
        rows.addObject()
            .put("neuron", cost.name())
            .put("forwardNs", forward)
            .put("backwardNs", backward)
            .put("bothNs", cost.result().nsPerNeuronStep())
            .put("gigabytesPerSecond", cost.result().gigabytesPerSecond());
    cost.againstLif().ifPresent(paired -> row.put("byLif", paired.ratio()));
    line(
        "%-12s %8.3f %8.3f %8.3f %8.1f  %s",
        cost.name(),
        forward,
        backward,
        cost.result().nsPerNeuronStep(),
        cost.result().gigabytesPerSecond(),
        cost.againstLif()
            .map(paired -> String.format(Locale.ROOT, "%.2f", paired.ratio()))
            .orElse(""));
  }
}
