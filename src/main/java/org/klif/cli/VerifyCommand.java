package org.klif.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.verify.CaseResult;
import org.klif.verify.GoldenVectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs golden vectors through a device. */
@Command(
    name = "verify",
    description = "Run golden vectors (expected results of neurons and a network) on a device.")
final class VerifyCommand extends JsonCommand {
  @Option(
      names = "--vectors",
      paramLabel = "DIR",
      required = true,
      description = "Folder with the golden-vector files (*.json).")
  Path vectors;

  @Mixin DeviceChoice choice = new DeviceChoice();

  VerifyCommand(Console console) {
    super(console);
  }

  @Override
  int run(ObjectNode result) {
    DeviceOptions options = choice.options();
    GoldenVectors.files(vectors);
    ArrayNode cases = result.putArray("cases");
    GoldenVectors.Summary summary;
    try (Device device = choice.open(console, options)) {
      summary = GoldenVectors.run(vectors, device, one -> report(one, cases));
      result.put("device", device.info().name());
    }
    console.out().println(summary.line());
    result.put("passed", summary.passed());
    result.put("failed", summary.failed());
    return summary.failed() == 0 ? KlifCommand.DONE : KlifCommand.FAILED;
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
