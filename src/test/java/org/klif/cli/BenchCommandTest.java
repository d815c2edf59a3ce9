package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
  private static final Splitter WORDS = Splitter.on(' ').omitEmptyStrings();

  private static Cli run(String line) {
    return Cli.run(WORDS.splitToList(line).toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bench | klif bench what?",
        "bench neurn | unknown command 'neurn' (did you mean 'neuron'?)",
        "bench neuron --neurons 8 | missing required option: '--T=N'",
        "bench neuron --T 8 | missing required option: '--neurons=N'",
        "bench neuron --T 0 --neurons 8 | --T must be between 1 and 10000, not 0",
        "bench neuron --T 8 --neurons 0 | --neurons must be at least 1, not 0",
        "bench neuron --T 1 --neurons 536870912 | --neurons 536870912: one time step would be over"
            + " the limit of 2 GiB",
        "bench neuron --T eight --neurons 8 | invalid value for option '--T'",
        "bench neuron --T 1 --neurons 8 --neuron kif | unknown neuron 'kif' (did you mean 'klif'",
        "bench neuron --T 1 --neurons 8 --threads 9999 | threads must be between 0",
        "bench kernels --T 0 | --T: each must be between 1 and 10000, not 0",
        "bench kernels --T 4,x | invalid value for option '--T'",
        "bench kernels --neurons 100 | --neurons: each must be a multiple of 128 up to 536870784,"
            + " not 100",
        "bench kernels --precision f32 | precision 'f32' is unknown",
        "bench kernels --neuron kif | unknown neuron 'kif'",
        "bench neuron --T 1 --neurons 8 --compare kif | unknown neuron 'kif'",
        "bench neuron --T 1 --neurons 8 --pairs 0 | --pairs must be between 1 and 1000, not 0",
        "bench train --preset mnist --compare liff | unknown neuron 'liff'",
        "bench train --preset mnist --profile --compare lif | --profile and --compare exclude",
        "bench train --preset mnist --out x | --out takes the files of --profile, which is not given",
        "bench train --preset mnist --profile --out no/such | --out no/such: there is no such folder",
        "bench train --preset mnist --count | --count takes --device sim, which counts launches in"
            + " place of running them, not auto",
        "bench train --preset mnist --count --profile --device sim | --count excludes --profile and"
            + " --compare",
        "bench train --preset mnist --count --compare lif --device sim | --count excludes --profile"
            + " and --compare",
        "bench data --preset minst | unknown preset 'minst' (did you mean 'mnist'?)",
        "bench data --pairs 1001 | --pairs must be between 1 and 1000, not 1001",
        "bench train | klif bench train what? Name a --preset (digits, ",
        "bench train --network fc10 | klif bench train what?",
        "bench train --preset mnist --input 28x28 | --input is CxHxW for images",
        "bench train --preset mnist --input 99999x99999x9 | --input 99999x99999x9: a sample of T=1 C=99999",
        "bench train --preset mnist --T 8 --input 4x1x8x8 | has 4 frames, so --T must be 4, not 8",
        "bench train --preset minst | unknown preset 'minst' (did you mean 'mnist'?)",
        "bench train --preset mnist --batch 0 | --batch 0",
        "bench train --preset mnist --T -1 | --T -1",
        "bench train --preset mnist --neuron kif | --neuron kif",
        "bench train --preset mnist --epochs 3 | unknown option '--epochs'",
      })
  void wrongCommandLinesAreOneLineAndCode2(String line, String expected) {
    Cli cli = run(line);
    assertEquals(2, cli.code(), cli.err());
    assertEquals("", cli.out());
    assertEquals(1, cli.err().lines().count(), cli.err());
    assertTrue(cli.err().contains(expected), cli.err());
  }

  @ParameterizedTest
  @CsvSource({"neuron --T 1 --neurons 8", "kernels", "train --preset digits"})
  void noSuchDeviceIsFoundWhileWorking(String line) {
    Cli cli = run("bench " + line + " --device abacus");
    assertEquals(1, cli.code());
    assertTrue(cli.err().contains("no device 'abacus' here"), cli.err());
  }

  @ParameterizedTest
  @CsvSource({"klif", "plif"})
  void neuronMeasures(String neuron) {
    Cli cli = run("bench neuron --T 3 --neurons 1000 --threads 1 --json --neuron " + neuron);
    assertEquals(0, cli.code(), cli.err());
    JsonNode json = cli.json();
    assertEquals(neuron, json.get("neuron").asText());
    assertEquals(1, json.get("threads").asInt());
    assertPositive(
        json,
        List.of(
            "nsPerNeuronStep",
            "forwardNsPerNeuronStep",
            "backwardNsPerNeuronStep",
            "gigabytesPerSecond",
            "triadGigabytesPerSecond",
            "shareOfLimit",
            "minMs"));
    assertTrue(json.get("runs").asInt() >= 15, json.toString());
    double ns = json.get("nsPerNeuronStep").asDouble();
    assertEquals(json.get("medianMs").asDouble() * 1e6 / 3000, ns, 1e-9 * ns);
    assertEquals(20 / ns, json.get("gigabytesPerSecond").asDouble(), 1e-9 * 20 / ns);
    assertTrue(cli.out().contains("a neuron-step"), cli.out());
  }

  @ParameterizedTest
  @CsvSource({
    "bench neuron --T 2 --neurons 1000 --neuron plif --compare if, plif, if",
    "bench train --network fc10_sn --input 1x2x2 --batch 4 --compare lif, klif, lif"
  })
  void comparesInPairs(String line, String first, String second) {
    List<String> words = new ArrayList<>(WORDS.splitToList(line));
    words.replaceAll(word -> word.replace('_', ' '));
    words.addAll(List.of("--pairs", "2", "--threads", "1", "--device", "cpu", "--json"));
    Cli cli = Cli.run(words.toArray(String[]::new));
    assertEquals(0, cli.code(), cli.err());
    JsonNode compared = cli.json().get("compared");
    assertEquals(first, compared.get("first").get("neuron").asText());
    assertEquals(second, compared.get("second").get("neuron").asText());
    assertEquals(2, compared.get("ratios").size());
    double ratio =
        compared.get("first").get("medianMs").asDouble()
            / compared.get("second").get("medianMs").asDouble();
    assertEquals(ratio, compared.get("ratio").asDouble(), 1e-12 * ratio);
    // one thread does all the work, so its processor time is that of the work
    assertEquals(2, compared.get("processorRatios").size());
    assertTrue(cli.out().contains(first + " / " + second + ": "), cli.out());
  }

  @Test
  void trainIsProfiled(@TempDir Path folder) {
    Cli cli =
        Cli.run(
            "bench",
            "train",
            "--network",
            "fc10 sn",
            "--input",
            "1x2x2",
            "--batch",
            "4",
            "--threads",
            "1",
            "--device",
            "cpu",
            "--profile",
            "--json",
            "--out",
            folder.toString());
    assertEquals(0, cli.code(), cli.err());
    JsonNode step = cli.json().get("profile").get("steps").get(0);
    assertEquals(50, step.get("recorded").get("steps").asInt());
    assertTrue(step.get("timed").get("steps").asInt() >= 49, step.toString());
    assertTrue(Files.exists(folder.resolve("profile.json")));
    assertTrue(Files.exists(folder.resolve("trace-events.json")));
    assertTrue(cli.out().contains("limits: "), cli.out());
  }

  @Test
  void dataPipelineBesideTraining() {
    Cli cli = run("bench data --preset digits --pairs 1 --threads 1 --device cpu --json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode row = cli.json().get("rows").get(0);
    assertEquals("digits", row.get("preset").asText());
    assertEquals(64, row.get("batch").asInt());
    double alone = row.get("data").get("samplesPerSecond").asDouble();
    double training = row.get("training").get("samplesPerSecond").asDouble();
    assertEquals(alone / training, row.get("times").asDouble(), 1e-9 * alone / training);
    assertEquals(1, row.get("data").get("threads").asInt());
  }

  @Test
  void kernelsMeasures() {
    Cli cli =
        run("bench kernels --device cpu --T 2,3 --neurons 256 --threads 1 --neuron lif --json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode json = cli.json();
    assertTrue(json.get("timed").asBoolean());
    assertPositive(json, List.of("copyGigabytesPerSecond", "copyBefore", "copyAfter"));
    List<String> operations = new ArrayList<>();
    for (JsonNode row : json.get("rows")) {
      String name = row.get("operation").asText();
      operations.add(row.has("T") ? name + " T" + row.get("T") : name);
      assertPositive(
          row, List.of("elements", "medianMs", "minMs", "maxMs", "launches", "shareOfCopy"));
      double speed = row.get("bytes").asDouble() / row.get("medianMs").asDouble() * 1e-6;
      assertEquals(speed, row.get("gigabytesPerSecond").asDouble(), 1e-9 * speed);
      assertEquals(
          speed / json.get("copyGigabytesPerSecond").asDouble(),
          row.get("shareOfCopy").asDouble(),
          1e-9 * speed);
    }
    assertEquals(
        List.of(
            "neuron forward T2",
            "neuron backward T2",
            "fused unit forward T2",
            "fused unit backward T2",
            "neuron forward T3",
            "neuron backward T3",
            "fused unit forward T3",
            "fused unit backward T3",
            "batch norm statistics",
            "batch norm reduce",
            "batch norm backward",
            "optimizer (Adam)",
            "copy"),
        operations);
    JsonNode forward = json.get("rows").get(0);
    assertEquals(2 * 256 * 2 * 4, forward.get("bytes").asInt(), "x read, spikes written, float32");
  }

  @Test
  void trainMeasures() {
    Cli cli = run("bench train --preset digits --batch 3 --T 2 --threads 1 --json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode json = cli.json();
    assertEquals(2, json.get("T").asInt());
    assertEquals(3, json.get("batch").asInt());
    assertPositive(
        json,
        List.of(
            "msPerStep",
            "minMsPerStep",
            "imagesPerSecond",
            "peakResidentBytes",
            "forwardMs",
            "backwardMs",
            "optimizerMs",
            "flopsPerStep",
            "bytesPerStep",
            "matmulGigaflopsPerSecond",
            "triadGigabytesPerSecond",
            "shareOfLimit"));
    assertTrue(json.get("runs").asInt() >= 10, json.toString());
    double ms = json.get("msPerStep").asDouble();
    assertEquals(3e3 / ms, json.get("imagesPerSecond").asDouble(), 1e-9 * 3e3 / ms);
    assertEquals(1.0, json.at("/inputRates/0.conv").asDouble(), "noise is nowhere 0");
  }

  @Test
  void trainMeasuresAnyNetwork() {
    Cli cli =
        Cli.run(
            "bench",
            "train",
            "--network",
            "c4k3 bn sn mp2 | fc20 bn sn | vote2",
            "--input",
            "3x2x6x6",
            "--T",
            "3",
            "--batch",
            "2",
            "--device",
            "cpu",
            "--threads",
            "1",
            "--json");
    assertEquals(0, cli.code(), cli.err());
    JsonNode json = cli.json();
    assertEquals("3x2x6x6", json.get("input").asText());
    assertEquals("c4k3 bn sn mp2 | fc20 bn sn | vote2", json.get("network").asText());
    assertPositive(json, List.of("msPerStep", "imagesPerSecond"));
  }

  private static void assertPositive(JsonNode json, List<String> keys) {
    for (String key : keys) {
      assertTrue(json.path(key).isNumber(), key + " is missing in " + json);
      assertTrue(json.get(key).asDouble() > 0, key + " in " + json);
    }
  }

  /** With --help nothing is run, but unknown options and wrong numbers are still refused. */
  @Test
  void commandLinesOfTheDocsParse() throws IOException {
    List<String> found;
    try (Stream<String> lines = Files.lines(Path.of("docs/BENCHMARKS.md"))) {
      found =
          lines
              .map(String::strip)
              .filter(line -> line.startsWith("./klif "))
              .map(line -> line.substring("./klif ".length()))
              .toList();
    }
    assertTrue(found.stream().anyMatch(line -> line.startsWith("bench neuron ")), "in the docs");
    assertTrue(found.stream().anyMatch(line -> line.startsWith("bench kernels ")), "in the docs");
    assertTrue(found.stream().anyMatch(line -> line.startsWith("bench train ")), "in the docs");
    for (String line : found) {
      Cli cli = run(line + " --help");
      assertEquals(0, cli.code(), line + ": " + cli.err());
    }
  }
}
