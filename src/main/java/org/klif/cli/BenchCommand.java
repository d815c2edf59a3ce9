package org.klif.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.klif.UsageException;
import org.klif.bench.Pairs;
import org.klif.bench.Spread;
import org.klif.device.Device;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands of klif bench share: neuron, kernels, train and data. */
abstract class BenchCommand extends JsonCommand {
  /** The device whose times mean nothing. */
  static final String STAND_IN = "sim";

  private static final int MOST_PAIRS = 1000;

  @Option(names = "--neuron", paramLabel = "NAME", description = NeuronNames.OPTION)
  String neuron;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, cpu, cuda or cuda:N; klif devices lists what is here.")
  String device;

  @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 means all processors.")
  Integer threads;

  @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

  BenchCommand(Console console) {
    super(console);
  }

  /** Refuses the device whose times mean nothing. */
  static void requireTimes(Device device, String advice) {
    if (device.info().name().equals(STAND_IN)) {
      throw new UsageException(
          "--device sim runs the kernels on the CPU, so its times mean nothing" + advice);
    }
  }

  /** Heading of the lines below. */
  void heading(String lastColumn) {
    line("%-10s %12s %12s %12s  %s", "", "median", "lowest", "highest", lastColumn);
  }

  /** Two works that were timed in turn: their times, their ratio, and that of each pair. */
  void pairs(ObjectNode result, String first, String second, Pairs pairs) {
    boolean oneThread =
        result.path("device").asText().equals("cpu") && result.path("threads").asInt() == 1;
    Spread one = pairs.firstMedians();
    Spread other = pairs.secondMedians();
    Spread ratios = Spread.of(pairs.ratios());
    ObjectNode compared = result.putObject("compared");
    put(compared.putObject("first").put("neuron", first), one);
    put(compared.putObject("second").put("neuron", second), other);
    compared.put("pairs", ratios.runs()).put("ratio", pairs.ratio());
    compared.put("lowestRatio", ratios.lowest()).put("highestRatio", ratios.highest());
    pairs.ratios().forEach(compared.putArray("ratios")::add);
    heading("medians of %d pairs".formatted(ratios.runs()));
    line(first, one, "");
    line(second, other, "");
    line(
        "%s / %s: %.3f, ratio of the medians; of each pair: %s",
        first, second, pairs.ratio(), joined(pairs.ratios()));
    if (oneThread && !pairs.processorRatios().isEmpty()) {
      double median = Spread.of(pairs.processorRatios()).median();
      compared.put("processorRatio", median);
      pairs.processorRatios().forEach(compared.putArray("processorRatios")::add);
      line(
          "%s / %s: %.3f in processor time, the median; of each pair: %s",
          first, second, median, joined(pairs.processorRatios()));
    }
  }

  private static String joined(List<Double> ratios) {
    return ratios.stream()
        .map(ratio -> String.format(Locale.ROOT, "%.3f", ratio))
        .collect(Collectors.joining(" "));
  }

  private static void put(ObjectNode part, Spread spread) {
    part.put("medianMs", spread.median())
        .put("minMs", spread.lowest())
        .put("maxMs", spread.highest());
  }

  /** Checks a number of pairs. */
  static void checkPairs(int pairs) {
    if (pairs < 1 || pairs > MOST_PAIRS) {
      throw new UsageException(
          "--pairs must be between 1 and %d, not %d".formatted(MOST_PAIRS, pairs));
    }
  }

  /** A line for one part. */
  void line(String part, Spread spread, String last) {
    line(
        "%-10s %9.3f ms %9.3f ms %9.3f ms  %s",
        part, spread.median(), spread.lowest(), spread.highest(), last);
  }
}
