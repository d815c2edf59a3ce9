package org.klif.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.klif.KlifException;
import org.klif.bench.H100;

/**
 * The least time that a neuron's pass can take, from cuda-kernels/budget.tsv: its bytes at the
 * speed of the copy that was measured beside it, or its instructions at the rate at which an H100
 * SXM (and an H200, which has the same processors) issues them at its highest clock, whichever is
 * longer.
 *
 * @param budget kernel to {instructions, bytes}, both for a neuron and a time step; may be empty
 */
record Floors(JsonNode budget) {
  /** The budget's name in the bundle. */
  static final String FILE = "budget.tsv";

  /** What the budget has rows for, and their kernels. */
  private static final Map<String, String> KERNELS =
      Map.of("neuron forward", "klifForwardVec_", "neuron backward", "klifBackwardVec_");

  static final List<String> OPERATIONS = List.of("neuron forward", "neuron backward");

  private static final Map<String, String> TYPES =
      Map.of("float32", "f32", "bfloat16", "bf16", "float16", "f16");

  /** The budget itself counts with 1.755 GHz, a usual clock under load. */
  private static final double HIGHEST_CLOCK_OVER_USUAL = 1.98 / 1.755;

  /**
   * The budget's kernels take 16 bytes of neighbours a thread. A smaller layer does not fill a GPU
   * with those and runs kernels of one neuron a thread.
   */
  private static final long FEWEST_NEURONS = 1 << 18;

  private static final String INSTRUCTIONS = "instructions";
  private static final String BYTES = "bytes";

  /** Reads the budget; a bundle may be without. */
  static Floors read(Path file) {
    ObjectNode budget = JsonNodeFactory.instance.objectNode();
    if (Files.exists(file)) {
      try {
        List<List<String>> rows =
            Files.readAllLines(file).stream().map(Splitter.on('\t')::splitToList).toList();
        List<String> head = rows.get(0);
        for (List<String> row : rows.subList(1, rows.size())) {
          budget
              .putObject(row.get(head.indexOf("kernel")))
              .put(INSTRUCTIONS, Double.parseDouble(row.get(head.indexOf(INSTRUCTIONS))))
              .put(BYTES, Double.parseDouble(row.get(head.indexOf(BYTES))));
        }
      } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
        throw new KlifException("%s is no budget: %s".formatted(file, e.getMessage()), e);
      }
    }
    return new Floors(budget);
  }

  /** The row of an operation with the most neuron-steps that was timed. */
  static Optional<JsonNode> largest(JsonNode kernels, String operation) {
    JsonNode found = null;
    for (JsonNode row : kernels.path("rows")) {
      if (row.path("operation").asText().equals(operation)
          && row.has("medianMs")
          && (found == null || neuronSteps(row) > neuronSteps(found))) {
        found = row;
      }
    }
    return Optional.ofNullable(found);
  }

  private static double neuronSteps(JsonNode row) {
    return row.path("T").asDouble() * row.path("elements").asDouble();
  }

  /**
   * "0.123 ms (memory), 1.2 times": of a timed row of a kernel benchmark; "unknown" without a
   * budget, and for few neurons, which another kernel runs.
   */
  String text(JsonNode kernels, JsonNode row) {
    String kernel =
        KERNELS.getOrDefault(row.path("operation").asText(), "")
            + TYPES.getOrDefault(row.path("type").asText(), "");
    JsonNode cost = budget.path(kernel);
    double copy = kernels.path("copyGigabytesPerSecond").asDouble();
    if (cost.isMissingNode() || copy <= 0 || row.path("elements").asLong() < FEWEST_NEURONS) {
      return "unknown";
    }
    double memory = cost.path(BYTES).asDouble() * neuronSteps(row) / (copy * 1e6);
    double issue =
        cost.path(INSTRUCTIONS).asDouble()
            * neuronSteps(row)
            / (H100.INSTRUCTIONS_PER_SECOND * HIGHEST_CLOCK_OVER_USUAL)
            * 1e3;
    double floor = Math.max(memory, issue);
    return String.format(
        Locale.ROOT,
        "%.4f ms (%s), %.1f times",
        floor,
        memory >= issue ? "memory" : "issue",
        row.path("medianMs").asDouble() / floor);
  }
}
