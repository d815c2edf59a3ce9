package org.klif.gpucheck;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** A record as a Markdown page for docs/gpu/. */
final class RecordPage {
  private static final String RESULT = "result";
  private static final List<String> KERNELS = List.of("kernels-", "all-kernels-");
  private static final List<String> HOW = List.of("eager", "compile", "graphs");

  private final CheckRecord record;
  private final StringBuilder text = new StringBuilder();

  private RecordPage(CheckRecord record) {
    this.record = record;
  }

  static String of(CheckRecord record) {
    RecordPage page = new RecordPage(record);
    page.head();
    page.steps();
    if (!record.device().equals("sim")) {
      page.kernels();
      page.neurons();
      page.networks();
    }
    page.training();
    return page.text.toString();
  }

  private JsonNode result(String step) {
    return record.step(step).path(RESULT);
  }

  private void line(String format, Object... values) {
    text.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
        .append('\n');
  }

  private void head() {
    JsonNode machine = result("machine");
    String date = record.text("started").replaceFirst("T.*", "");
    line("# GPU check, %s, --device %s", date, record.device());
    line("");
    if (record.device().equals("sim")) {
      line(
          "**A rehearsal without a GPU.** The kernels ran on the CPU, behind the stand-in driver. It shows that the"
              + " check runs to its end, and holds no claim about speed or about any GPU.");
      line("");
    } else if (record.device().equals("cpu")) {
      line("**No GPU took part:** these are figures of the CPU device, with few and small sizes.");
      line("");
    }
    line("| | |");
    line("| --- | --- |");
    row("Klif", "%s, commit %s".formatted(record.text("klif"), record.text("commit")));
    if (machine.has("gpu")) {
      row("GPU (name, driver, memory, power limit, clocks)", machine.path("gpu").asText());
    }
    row(
        "machine",
        "%s, %d processors; %s"
            .formatted(
                machine.path("processor").asText("unknown"),
                machine.path("processors").asInt(),
                machine.path("system").asText("unknown")));
    row("Java", machine.path("java").asText("unknown"));
    for (JsonNode device : result("devices").path("devices")) {
      if (device.has("description")) {
        List<String> details = new ArrayList<>();
        details.add(device.path("description").asText());
        device.path("details").forEach(detail -> details.add(detail.asText()));
        row("device " + device.path("name").asText(), String.join("; ", details));
      }
    }
    for (String step : names("peer-")) {
      JsonNode peer = result(step);
      if (peer.has("torch")) {
        String cuda = peer.has("cuda") ? ", CUDA %s, cuDNN %s" : "%s%s";
        row(
            "PyTorch",
            peer.path("torch").asText()
                + cuda.formatted(peer.path("cuda").asText(""), peer.path("cudnn").asText("")));
        break;
      }
    }
    if (!record.device().equals("sim")) {
      line("");
      line("Times are medians (lowest to highest).");
    }
  }

  private void row(String name, String value) {
    line("| %s | %s |", name, cell(value));
  }

  private static String cell(String value) {
    return value.replace("|", "\\|").replace("\n", " ");
  }

  private List<String> names(String prefix) {
    List<String> found = new ArrayList<>();
    record
        .steps()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (name.startsWith(prefix)) {
                found.add(name);
              }
            });
    return found;
  }

  private void steps() {
    line("");
    line("## Steps");
    line("");
    line("| step | part | | found | seconds |");
    line("| --- | --- | --- | --- | --- |");
    List<String> inOrder = names("");
    inOrder.sort(Comparator.comparingInt(name -> record.step(name).path("part").asInt()));
    for (String name : inOrder) {
      JsonNode step = record.step(name);
      line(
          "| %s | %d | %s | %s | %.0f |",
          name,
          step.path("part").asInt(),
          step.path("status").asText(),
          cell(step.path("note").asText()),
          step.path("seconds").asDouble());
    }
  }

  private void kernels() {
    Floors floors = new Floors(result("machine").path(Machine.BUDGET));
    for (String name : KERNELS.stream().flatMap(prefix -> names(prefix).stream()).toList()) {
      JsonNode kernels = result(name);
      if (!kernels.path("timed").asBoolean()) {
        continue;
      }
      line("");
      line("## Kernels, %s", kernels.path("precision").asText());
      line("");
      line(
          "A copy of 256 MiB: %.0f GB/s before, %.0f GB/s after (read + written). The share is of their mean; a small"
              + " size stays in the cache and may exceed it. The floor is the budget's (cuda-kernels/budget.tsv): bytes at"
              + " the speed of the copy, or instructions at an H100's rate, whichever takes longer.",
          kernels.path("copyBefore").asDouble(), kernels.path("copyAfter").asDouble());
      line("");
      line("| operation | T | elements | type | ms | GB/s | share of copy | floor |");
      line("| --- | --- | --- | --- | --- | --- | --- | --- |");
      for (JsonNode row : kernels.path("rows")) {
        String head =
            "| %s | %s | %s | %s |"
                .formatted(
                    row.path("operation").asText(),
                    row.path("T").asText(""),
                    number(row.path("elements").asLong()),
                    row.path("type").asText());
        if (row.has("medianMs")) {
          line(
              "%s %s | %.0f | %.0f %% | %s |",
              head,
              times(row, "medianMs", "minMs", "maxMs"),
              row.path("gigabytesPerSecond").asDouble(),
              100 * row.path("shareOfCopy").asDouble(),
              Floors.OPERATIONS.contains(row.path("operation").asText())
                  ? floors.text(kernels, row)
                  : "");
        } else {
          line("%s %s | | | |", head, cell(row.path("problem").asText()));
        }
      }
    }
  }

  /** Forward + backward of the neuron beside PyTorch's, where both were run. */
  private void neurons() {
    List<String> lines = new ArrayList<>();
    for (String precision : List.of("float32", "bf16")) {
      Map<String, Double> ours = new LinkedHashMap<>();
      for (JsonNode row : result("all-kernels-" + precision).path("rows")) {
        String operation = row.path("operation").asText();
        if (operation.equals("neuron forward") || operation.equals("neuron backward")) {
          ours.merge(size(row), row.path("medianMs").asDouble(Double.NaN), Double::sum);
        }
      }
      for (Map.Entry<String, Double> one : ours.entrySet()) {
        JsonNode eager = peerRow("peer-neuron-eager-" + precision, one.getKey());
        JsonNode compiled = peerRow("peer-neuron-compile-" + precision, one.getKey());
        if (eager.has("medianMs") || compiled.has("medianMs")) {
          lines.add(
              String.format(
                  Locale.ROOT,
                  "| %s | %s | %.4f | %s | %s |",
                  precision,
                  one.getKey(),
                  one.getValue(),
                  beside(eager, one.getValue()),
                  beside(compiled, one.getValue())));
        }
      }
    }
    if (!lines.isEmpty()) {
      line("");
      line("## Neuron, forward + backward, beside PyTorch");
      line("");
      line("In brackets: how many times Klif's time. Klif's is the sum of its two medians above.");
      line("");
      line("| precision | T | neurons | Klif, ms | PyTorch eager, ms | torch.compile, ms |");
      line("| --- | --- | --- | --- | --- | --- |");
      lines.forEach(one -> line("%s", one));
    }
  }

  private JsonNode peerRow(String step, String size) {
    for (JsonNode row : result(step).path("rows")) {
      if (size(row).equals(size)) {
        return row;
      }
    }
    return result("");
  }

  private static String size(JsonNode row) {
    return "%d | %s".formatted(row.path("T").asInt(), number(row.path("elements").asLong()));
  }

  private static String beside(JsonNode peer, double ours) {
    return peer.has("medianMs")
        ? "%s [%.1f]"
            .formatted(
                times(peer, "medianMs", "minMs", "maxMs"), peer.path("medianMs").asDouble() / ours)
        : "-";
  }

  private void networks() {
    List<String> steps = names("train-");
    if (steps.isEmpty()) {
      return;
    }
    line("");
    line("## Training steps beside PyTorch");
    line("");
    line(
        "A step is: a batch from host memory, forward, loss, backward, Adam. In brackets: how many times Klif's time."
            + " \"+ graphs\" is torch.compile with CUDA graphs. The precision is the same for both.");
    line("");
    line(
        "| network | T | batch | precision | Klif, ms | images/s | PyTorch eager, ms | torch.compile, ms | + graphs, ms"
            + " |");
    line("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    TreeSet<String> texts = new TreeSet<>();
    for (String name : steps) {
      JsonNode ours = result(name);
      String rest = name.substring("train-".length());
      int cut = rest.lastIndexOf('-');
      String network = rest.substring(0, cut);
      String precision = rest.substring(cut + 1);
      double ms = ours.path("msPerStep").asDouble(Double.NaN);
      StringBuilder cells = new StringBuilder();
      for (String how : HOW) {
        JsonNode peer = result("peer-%s-%s-%s".formatted(network, how, precision));
        cells.append(' ').append(beside(peer, ms)).append(" |");
      }
      line(
          "| %s | %d | %d | %s | %s | %s |%s",
          network,
          ours.path("T").asInt(),
          ours.path("batch").asInt(),
          precision,
          ours.has("msPerStep") ? times(ours, "msPerStep", "minMsPerStep", "maxMsPerStep") : "-",
          ours.has("imagesPerSecond") ? number(ours.path("imagesPerSecond").asLong()) : "-",
          cells);
      if (ours.has("network")) {
        texts.add(
            "- %s: `%s` on %s"
                .formatted(network, ours.path("network").asText(), ours.path("input").asText("")));
      }
    }
    line("");
    texts.forEach(one -> line("%s", one));
  }

  private void training() {
    List<String> runs = new ArrayList<>(names("digits"));
    runs.addAll(names("mnist-"));
    runs.removeIf(name -> !result(name).has("testAccuracy"));
    if (runs.isEmpty()) {
      return;
    }
    boolean timed = !record.device().equals("sim");
    line("");
    line("## Short training runs");
    line("");
    line("| run | epochs | test accuracy |%s", timed ? " seconds an epoch | images/s |" : "");
    line("| --- | --- | --- |%s", timed ? " --- | --- |" : "");
    for (String name : runs) {
      JsonNode run = result(name);
      line(
          "| %s | %d | %.2f %% |%s",
          name,
          run.path("epochs").asInt(),
          100 * run.path("testAccuracy").asDouble(),
          timed
              ? String.format(
                  Locale.ROOT,
                  " %.2f | %s |",
                  run.path("secondsPerEpoch").asDouble(),
                  number(run.path("imagesPerSecond").asLong()))
              : "");
    }
  }

  private static String times(JsonNode node, String median, String low, String high) {
    double middle = node.path(median).asDouble();
    String pattern = middle < 1 ? "%.4f (%.4f to %.4f)" : "%.2f (%.2f to %.2f)";
    return String.format(
        Locale.ROOT, pattern, middle, node.path(low).asDouble(), node.path(high).asDouble());
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
