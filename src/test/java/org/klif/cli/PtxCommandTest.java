package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.testing.Shared;
import org.klif.testing.SimBuild;
import org.klif.testing.StandIn;

/** Commands on the stand-in driver that runs the PTX: {@code KLIF_SIM_PTX}. */
@Tag("sim")
class PtxCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void require() {
    StandIn.require();
  }

  private static KlifProcess klif(String mode, Map<String, String> more, String... args)
      throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("KLIF_SIM_PTX", mode);
    return KlifProcess.run(environment, args);
  }

  private static List<String> lastTwo(String output) {
    List<String> lines = output.lines().toList();
    return lines.subList(lines.size() - 2, lines.size());
  }

  @Test
  void thePtxGivesAllGoldenVectors() throws Exception {
    String vectors = Shared.require().resolve("golden").toString();
    Path coverage = folder.resolve("coverage");
    KlifProcess process =
        klif(
            "run",
            Map.of("KLIF_SIM_PTX_COVERAGE", coverage.toString()),
            "verify",
            "--vectors",
            vectors,
            "--device",
            "sim");
    assertEquals(0, process.code(), process.output());
    assertEquals("48 passed, 0 failed", lastTwo(process.output()).get(1));
    String covered = coverageOf(coverage);
    assertTrue(covered.matches("(?s).*PTX: \\d+ of \\d+ instructions ran, [0-9.]+ %\\n"), covered);
    assertTrue(covered.contains("neuron_klif_f32: "), covered);
  }

  /**
   * A driver without a cache compiles all that is loaded: nothing of another type of activations,
   * and nothing of gradient checks.
   */
  @ParameterizedTest
  @CsvSource({"float32, f32", "bf16, bf16", "fp16, f16"})
  void aTrainingLoadsTheModulesOfItsType(String precision, String type) throws Exception {
    Path coverage = folder.resolve("coverage");
    KlifProcess process =
        klif(
            "run",
            Map.of("KLIF_SIM_PTX_COVERAGE", coverage.toString()),
            "train",
            "digits",
            "--device",
            "sim",
            "--precision",
            precision,
            "--epochs",
            "1",
            "--batch",
            "360",
            "--T",
            "2",
            "--set",
            "network=c4k3 bn sn mp2 | mp2 dp fc20 sn | vote2",
            "--set",
            "optimizer.ema=0.9",
            "--out",
            folder.resolve("run").toString());
    assertEquals(0, process.code(), process.output());
    Set<String> expected = new TreeSet<>();
    for (String name : List.of("batchnorm", "columns", "elementwise", "loss")) {
      expected.addAll(List.of(name, name + "_" + type));
    }
    expected.addAll(
        List.of("neuron_common", "neuron_klif_" + type, "optimizer", "pooling_" + type));
    Set<String> loaded = new TreeSet<>();
    for (String line : Files.readAllLines(coverage)) {
      loaded.add(line.substring(0, line.indexOf(' ')));
    }
    assertEquals(expected, loaded);
  }

  private static String coverageOf(Path file) throws IOException, InterruptedException {
    Path script = SimBuild.ROOT.resolve("native/sim/ptx-coverage");
    Process process =
        new ProcessBuilder(script.toString(), file.toString()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  @Test
  void aComparisonIsSaidAheadOfTheSummary() throws Exception {
    KlifProcess process =
        klif("compare", Map.of(), "verify", "--random", "6", "--seed", "4", "--device", "sim");
    assertEquals(0, process.code(), process.output());
    List<String> last = lastTwo(process.output());
    assertTrue(
        last.get(0)
            .matches(
                "PTX: [1-9]\\d* launches, [1-9]\\d* elements compared, 0 differ, largest 0 ulp"),
        process.output());
    assertEquals("6 passed, 0 failed", last.get(1));
  }

  @Test
  void anotherValueIsRefused() throws Exception {
    KlifProcess process = klif("fast", Map.of(), "verify", "--random", "1", "--device", "sim");
    assertEquals(2, process.code(), process.output());
    assertEquals("klif: KLIF_SIM_PTX is run, compare or race, not 'fast'", process.message());
  }

  @Test
  void aNeuronOfOnesOwnTakesTheSameWay() throws Exception {
    boolean nvcc =
        List.of(System.getenv("PATH").split(":", -1)).stream()
            .anyMatch(path -> Files.isExecutable(Path.of(path, "nvcc")));
    Assumptions.assumeTrue(nvcc, "skipped: nvcc is absent");
    Path file = folder.resolve("mine.cuh");
    assertEquals(0, Cli.run("kernel", "new", "mine", "--out", folder.toString()).code());
    KlifProcess process =
        klif(
            "run",
            Map.of("KLIF_SIM_PTX_CACHE", folder.resolve("cache").toString()),
            "kernel",
            "check",
            file.toString(),
            "--quick",
            "--device",
            "sim");
    assertEquals(0, process.code(), process.output());
    assertTrue(process.output().contains("compiling the PTX of mine"), process.output());
    assertTrue(lastTwo(process.output()).get(1).endsWith(" ok, 0 wrong"), process.output());
  }
}
