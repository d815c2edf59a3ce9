package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import java.util.List;
import java.util.Locale;
import org.klif.bench.KernelBenchmark;
import org.klif.bench.KernelRow;
import org.klif.bench.Spread;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times the operations that are bound by memory, one by one, beside a copy. */
@Command(
    name = "kernels",
    description =
        "Time neuron sequences, batch norm, optimizer and copy, each alone, beside a large copy.")
final class BenchKernelsCommand extends BenchCommand {
  private static final String CPU = "cpu";
  private static final List<Integer> STEPS = List.of(4, 8, 16, 32);
  private static final List<Integer> FEW_STEPS = List.of(4);
  private static final List<Long> CPU_SIZES = List.of(1L << 16, 1L << 20);
  private static final List<Long> SIZES = List.of(1L << 16, 1L << 18, 1L << 20, 1L << 22, 1L << 24);
  private static final List<Long> STAND_IN_SIZES = List.of(1L << 10);

  @Option(
      names = "--T",
      paramLabel = "N",
      split = ",",
      description = "Time steps, one or several (default: 4,8,16,32).")
  List<Integer> steps;

  @Option(
      names = "--neurons",
      paramLabel = "N",
      split = ",",
      description =
          "Neurons, one number or several, multiples of 128 (default: 2^16 to 2^24; cpu: 2^16,"
              + " 2^20).")
  List<Long> neurons;

  BenchKernelsCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    NeuronOptions chosen =
        NeuronNames.byHand(neuron == null ? "klif" : neuron, "klif kernel bench");
    DeviceOptions options = accelerator.options(threads == null ? 0 : threads);
    String precision = options.precision().token();
    // wrong sizes are refused before a device is opened
    benchmark(chosen, CPU);
    try (Device opened = console.opened(Devices.open(device == null ? "auto" : device, options))) {
      KernelBenchmark benchmark = benchmark(chosen, opened.info().name());
      line("neuron %s, precision %s", chosen.model(), precision);
      result.put("neuron", chosen.model()).put("precision", precision);
      showDevice(result, opened, options.threads());
      result.put("timed", benchmark.timed());
      if (!benchmark.timed()) {
        line("sim runs the kernels on the CPU: each was run once, and no speed is given");
      }
      line(
          "%-22s %3s %11s %-8s %10s %10s %10s %8s",
          "", "T", "elements", "type", "median", "lowest", "highest", "GB/s");
      KernelBenchmark.Result measured = benchmark.run(opened, this::print);
      fill(result, benchmark.timed(), measured);
      if (benchmark.timed()) {
        line(
            "a copy of 256 MiB: %.1f GB/s before, %.1f GB/s after",
            measured.copyBefore(), measured.copyAfter());
      }
    }
    return KlifCommand.DONE;
  }

  private KernelBenchmark benchmark(NeuronOptions chosen, String opened) {
    boolean standIn = opened.equals(STAND_IN);
    List<Long> sizes = standIn ? STAND_IN_SIZES : opened.equals(CPU) ? CPU_SIZES : SIZES;
    return new KernelBenchmark(
        chosen.neuron(),
        steps == null ? (standIn ? FEW_STEPS : STEPS) : steps,
        neurons == null ? sizes : neurons,
        !standIn);
  }

  private static void fill(ObjectNode result, boolean timed, KernelBenchmark.Result measured) {
    double copy = measured.copyGigabytesPerSecond();
    if (timed) {
      result
          .put("copyGigabytesPerSecond", copy)
          .put("copyBefore", measured.copyBefore())
          .put("copyAfter", measured.copyAfter());
    }
    ArrayNode rows = result.putArray("rows");
    for (KernelRow row : measured.rows()) {
      ObjectNode entry = rows.addObject().put("operation", row.operation());
      if (row.steps() > 0) {
        entry.put("T", row.steps());
      }
      entry.put("elements", row.elements()).put("type", Ascii.toLowerCase(row.type().name()));
      Spread spread = row.spread();
      if (spread != null) {
        entry
            .put("bytes", row.bytes())
            .put("medianMs", spread.median())
            .put("minMs", spread.lowest())
            .put("maxMs", spread.highest())
            .put("batches", spread.runs())
            .put("launches", row.launches())
            .put("gigabytesPerSecond", row.gigabytesPerSecond())
            .put("shareOfCopy", row.gigabytesPerSecond() / copy);
      }
      if (row.problem() != null) {
        entry.put("problem", row.problem());
      }
    }
  }

  private void print(KernelRow row) {
    String head =
        String.format(
            Locale.ROOT,
            "%-22s %3s %,11d %-8s",
            row.operation(),
            row.steps() > 0 ? row.steps() : "",
            row.elements(),
            Ascii.toLowerCase(row.type().name()));
    Spread spread = row.spread();
    if (spread != null) {
      line(
          "%s %7.4f ms %7.4f ms %7.4f ms %8.1f",
          head, spread.median(), spread.lowest(), spread.highest(), row.gigabytesPerSecond());
    } else {
      line("%s %s", head, row.problem() == null ? "ran" : row.problem());
    }
    console.out().flush();
  }
}
