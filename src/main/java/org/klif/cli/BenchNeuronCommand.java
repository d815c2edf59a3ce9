package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.klif.bench.NeuronBenchmark;
import org.klif.bench.Spread;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times forward and backward of a sequence of neurons. */
@Command(
    name = "neuron",
    description = "Time forward and backward of a sequence of neurons on random input.")
final class BenchNeuronCommand extends BenchCommand {
  @Option(names = "--T", paramLabel = "N", required = true, description = "Time steps.")
  int steps;

  @Option(
      names = "--neurons",
      paramLabel = "N",
      required = true,
      description = "Neurons, each with T steps.")
  long neurons;

  @Option(
      names = "--compare",
      paramLabel = "NAME",
      description = "Another neuron: the two are timed in turn, in place of the machine's limits.")
  String compare;

  @Option(
      names = "--pairs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Pairs of --compare (default 5).")
  int pairs;

  BenchNeuronCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    NeuronOptions chosen = NeuronNames.options(neuron == null ? "klif" : neuron);
    String model = chosen.name();
    NeuronOptions other = compare == null ? null : NeuronNames.options(compare);
    checkPairs(pairs);
    NeuronBenchmark benchmark =
        new NeuronBenchmark(NeuronNames.neuron(chosen, console), steps, neurons);
    DeviceOptions options = accelerator.options(threads == null ? 0 : threads);
    try (Device opened = console.opened(Devices.open(device == null ? "auto" : device, options))) {
      requireTimes(
          opened, "; klif bench kernels --device sim runs each kernel once, without times");
      line("neuron %s, T %d, %,d neurons", model, steps, neurons);
      result.put("neuron", model).put("T", steps).put("neurons", neurons);
      showDevice(result, opened, options.threads());
      if (other == null) {
        NeuronBenchmark.Result measured = benchmark.run(opened);
        fill(result, measured);
        print(measured);
      } else {
        pairs(
            result,
            model,
            other.name(),
            benchmark.against(NeuronNames.neuron(other, console), pairs, opened));
      }
    }
    return KlifCommand.DONE;
  }

  private static void fill(ObjectNode result, NeuronBenchmark.Result measured) {
    Spread both = measured.both();
    result
        .put("runs", both.runs())
        .put("medianMs", both.median())
        .put("minMs", both.lowest())
        .put("maxMs", both.highest())
        .put("nsPerNeuronStep", measured.nsPerNeuronStep())
        .put("forwardNsPerNeuronStep", measured.perNeuronStep(measured.forward().median()))
        .put("backwardNsPerNeuronStep", measured.perNeuronStep(measured.backward().median()))
        .put("gigabytesPerSecond", measured.gigabytesPerSecond())
        .put("triadGigabytesPerSecond", measured.triadGigabytesPerSecond())
        .put("shareOfLimit", measured.shareOfLimit());
  }

  private void print(NeuronBenchmark.Result measured) {
    heading("a neuron-step, of " + measured.both().runs() + " runs");
    row("forward", measured, measured.forward());
    row("backward", measured, measured.backward());
    row("both", measured, measured.both());
    line(
        "%d bytes a neuron-step make %.1f GB/s, %.0f %% of the triad's %.1f GB/s",
        measured.bytes(),
        measured.gigabytesPerSecond(),
        100 * measured.shareOfLimit(),
        measured.triadGigabytesPerSecond());
  }

  private void row(String part, NeuronBenchmark.Result measured, Spread spread) {
    line(
        part,
        spread,
        String.format(Locale.ROOT, "%.3f ns", measured.perNeuronStep(spread.median())));
  }
}
