package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.verify.CaseResult;
import org.klif.verify.DeviceComparison;
import org.klif.verify.GoldenVectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs golden vectors through a device, and compares it with the CPU. */
@Command(
    name = "verify",
    description = {
      "Run golden vectors (expected results of neurons and a network) on a device,"
          + " and compare it with the CPU on random neurons: spikes must be the same to the bit.",
      "With --precision bf16 inputs and weights are rounded first, and a float64 reference, which must"
          + " give the files' values without rounding, says what is expected of them."
    })
final class VerifyCommand extends JsonCommand {
  @Option(
      names = "--vectors",
      paramLabel = "DIR",
      description = "Folder with the golden-vector files (*.json).")
  @Nullable Path vectors;

  @Option(
      names = "--random",
      paramLabel = "N",
      defaultValue = "0",
      description = "Compare N random neuron layers of up to 10^6 neurons with --device cpu.")
  int random;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Which random layers (default 1).")
  long seed;

  @Mixin DeviceChoice choice = new DeviceChoice();

  VerifyCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    DeviceOptions options = choice.comparedOptions();
    if (random < 0) {
      throw new UsageException("--random must be at least 0, not " + random);
    }
    if (vectors == null && random == 0) {
      throw new UsageException("give --vectors DIR, --random N, or both");
    }
    if (vectors != null) {
      GoldenVectors.files(vectors);
    }
    ArrayNode cases = result.putArray("cases");
    int passed = 0;
    int failed = 0;
    try (Device device = choice.open(console, options)) {
      result.put("device", device.info().name());
      if (vectors != null) {
        GoldenVectors.Summary golden =
            GoldenVectors.run(vectors, device, one -> report(one, cases));
        passed += golden.passed();
        failed += golden.failed();
      }
      if (random > 0) {
        GoldenVectors.Summary compared = compare(device, cases);
        passed += compared.passed();
        failed += compared.failed();
      }
    }
    summary(new GoldenVectors.Summary(passed, failed).line());
    result.put("passed", passed);
    result.put("failed", failed);
    return failed == 0 ? KlifCommand.DONE : KlifCommand.FAILED;
  }

  private GoldenVectors.Summary compare(Device device, ArrayNode cases) {
    try (Device cpu = Devices.open("cpu", new DeviceOptions(choice.threads))) {
      return new DeviceComparison(device, cpu)
          .run(random, seed, DeviceComparison.MOST_NEURONS, one -> report(one, cases));
    }
  }

  private void report(CaseResult one, ArrayNode cases) {
    console.out().println(one.line());
    ObjectNode entry = cases.addObject().put("name", one.name()).put("passed", one.passed());
    if (Double.isFinite(one.largestError())) {
      entry.put("largestError", one.largestError()).put("of", one.of());
    }
    if (one.problem() != null) {
      entry.put("problem", one.problem());
    }
  }
}
