package org.klif.gpucheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.testing.DeviceContract;

class GpuCheckTest {
  /** One command on a machine with a GPU may take ten minutes, its start and end included. */
  private static final int MOST_SECONDS = 9 * 60;

  @TempDir Path folder;

  private static Command shell(String script) {
    return new Command(List.of("sh", "-c", script), Map.of());
  }

  private Command.Ended run(String script, int limit) throws IOException {
    try (Log log = new Log(folder.resolve("log.txt"))) {
      return shell(script).run(limit, log);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "sim", "cpu"})
  void everyPartFitsTheTimeOfOneCommand(String device) {
    Tools tools = new Tools(folder, device, null, new Log(folder.resolve("log.txt")));
    Map<Integer, Integer> seconds = new TreeMap<>();
    Set<String> names = new HashSet<>();
    for (Step step : Plan.of(tools, folder)) {
      seconds.merge(step.part(), step.limitSeconds(), Integer::sum);
      assertTrue(names.add(step.name()), step.name() + " is there twice");
    }
    assertFalse(seconds.isEmpty());
    seconds.forEach(
        (part, sum) -> assertTrue(sum <= MOST_SECONDS, "part %d: %d s".formatted(part, sum)));
  }

  private List<String> order(String device) {
    Tools tools = new Tools(folder, device, null, new Log(folder.resolve("log.txt")));
    return Plan.of(tools, folder).stream().map(Step::name).toList();
  }

  /** A GPU is often lent for fifteen minutes: nothing dear stands before what matters most. */
  @Test
  void whatMattersMostComesFirst() {
    List<String> first =
        List.of(
            "machine",
            "devices",
            "contract",
            "golden",
            "gradients",
            "equal-to-cpu",
            "equal-to-cpu-bf16",
            "kernels-bf16",
            "kernels-float32",
            "train-mnist-bf16",
            "peer-mnist-eager-bf16",
            "peer-mnist-compile-bf16",
            "train-cifar10-bf16",
            "peer-cifar10-eager-bf16",
            "peer-cifar10-compile-bf16",
            "train-mnist-tf32",
            "peer-mnist-eager-tf32",
            "peer-mnist-compile-tf32",
            "train-cifar10-tf32",
            "peer-cifar10-eager-tf32",
            "peer-cifar10-compile-tf32",
            "digits",
            "digits-again",
            "own-neuron",
            "own-neuron-bench",
            "memcheck-golden",
            "racecheck-golden",
            "initcheck-golden");
    assertEquals(first, order("cuda").subList(0, first.size()));
  }

  @Test
  void aRehearsalKeepsToTheOrder() {
    List<String> real = new ArrayList<>(order("cuda"));
    List<String> rehearsed = new ArrayList<>(order("sim"));
    // tf32 has no rehearsal, float32 is timed in its place
    real.removeIf(name -> name.matches(".*-(tf32|float32)"));
    rehearsed.removeIf(name -> name.endsWith("-float32"));
    assertEquals(real, rehearsed);
  }

  /**
   * What {@code klif devices} lists on a machine with two GPUs, with one too few, and with none.
   */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "cuda,   cuda:0, true,  passed, the GPU cuda:0",
        "cuda:0, cuda:0, true,  passed, the GPU cuda:0",
        "cuda:1, cuda:1, true,  passed, the GPU cuda:1",
        "cuda:1, cuda:0, true,  failed, there is no device cuda:1 here",
        "cuda,   cuda,   false, failed, no driver",
        "cuda:1, cuda,   false, failed, no driver",
        "sim,    sim,    true,  passed, the GPU sim",
        "sim,    cuda:0, true,  failed, there is no device sim here",
      })
  void theDeviceIsFoundAsItIsListed(
      String wanted, String listed, boolean available, String status, String note) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    ObjectNode device = result.putArray("devices").addObject();
    device.put("name", listed).put("available", available);
    device.put(available ? "description" : "reason", available ? "the GPU " + listed : "no driver");
    Outcome outcome = Plan.judgeDevices(wanted, result);
    assertEquals(status, outcome.status().token());
    assertEquals(note, outcome.note());
  }

  /** After nine minutes a loan of fifteen leaves three: every step can still be begun then. */
  @Test
  void aStepOfThreeMinutesAtMost() {
    Tools tools = new Tools(folder, "cuda", null, new Log(folder.resolve("log.txt")));
    for (Step step : Plan.of(tools, folder)) {
      assertTrue(step.limitSeconds() <= 170, step.name());
    }
  }

  @Test
  void theSampleOfTheContractIsThere() {
    Set<String> methods = new HashSet<>();
    for (Method method : DeviceContract.class.getMethods()) {
      methods.add(method.getName());
    }
    for (String name : Splitter.on('|').split(ContractRun.SAMPLE)) {
      assertTrue(methods.contains(name), name);
    }
  }

  private static ObjectNode kernels(double milliseconds) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("timed", true).put("copyGigabytesPerSecond", 3000);
    result
        .putArray("rows")
        .addObject()
        .put("operation", "neuron backward")
        .put("type", "bfloat16")
        .put("T", 4)
        .put("elements", 16_777_216)
        .put("medianMs", milliseconds);
    return result;
  }

  /** 67.1 M neuron-steps: 6 bytes each at 3000 GB/s are 0.1342 ms, 85 instructions 0.1705 ms. */
  @Test
  void aTimeStandsBesideTheLongerOfItsFloors() throws IOException {
    Path file = folder.resolve("budget.tsv");
    String head = "kernel\tregisters\twarps\tinstructions\tbytes\tissue_us\tmemory_us\n";
    Files.writeString(file, head + "klifBackwardVec_bf16\t168\t12\t85\t6\t193\t134\n");
    JsonNode kernels = kernels(0.3409);
    JsonNode row = Floors.largest(kernels, "neuron backward").orElseThrow();
    assertEquals("0.1705 ms (issue), 2.0 times", Floors.read(file).text(kernels, row));
    Files.writeString(file, head + "klifBackwardVec_bf16\t168\t16\t50\t6\t113\t134\n");
    assertEquals("0.1342 ms (memory), 2.5 times", Floors.read(file).text(kernels, row));
    assertEquals("unknown", Floors.read(folder.resolve("none")).text(kernels, row));
    ((ObjectNode) row).put("elements", 65_536);
    assertEquals("unknown", Floors.read(file).text(kernels, row), "another kernel's size");
    Files.writeString(file, "kernel\n" + "klifBackwardVec_bf16");
    assertThrows(KlifException.class, () -> Floors.read(file));
  }

  /** The names by which the benchmark's rows are looked up are those of the committed budget. */
  @Test
  void theCommittedBudgetHasTheNeuronsPasses() {
    Floors committed = Floors.read(Path.of("cuda-kernels/budget.tsv"));
    for (String operation : Floors.OPERATIONS) {
      for (String type : List.of("float32", "bfloat16", "float16")) {
        ObjectNode result = kernels(1);
        ObjectNode row = (ObjectNode) result.path("rows").path(0);
        row.put("operation", operation).put("type", type);
        String text = committed.text(result, row);
        assertTrue(text.matches("0\\.\\d{4} ms \\((memory|issue)\\), .* times"), text);
      }
    }
  }

  @Test
  void aProgramIsEndedWithItsChildrenWhenItsTimeIsOver() throws IOException {
    long begin = System.nanoTime();
    Command.Ended ended = run("echo begun; sleep 60 & sleep 60", 1);
    assertTrue(ended.timedOut());
    assertEquals(List.of("begun"), ended.lines());
    // one second, and what a busy machine adds to it; the children held the output open otherwise
    assertTrue((System.nanoTime() - begin) / 1e9 < 20);
    assertEquals(Outcome.Status.TIMED_OUT, Tools.outcome(ended, 1, result -> "").status());
  }

  @Test
  void theLastLineIsTheResult() throws IOException {
    Outcome good =
        Tools.outcome(run("echo words; echo '{\"n\": 3}'", 10), 10, r -> "n " + r.get("n"));
    assertEquals(Outcome.Status.PASSED, good.status());
    assertEquals("n 3", good.note());
    Outcome bad = Tools.outcome(run("echo '{\"error\": \"no GPU\"}'; exit 1", 10), 10, r -> "");
    assertEquals("exit code 1: no GPU", bad.note());
    assertTrue(bad.bad());
    Outcome cut =
        Tools.outcome(
            new Command.Ended(-1, true, List.of("{\"n\": 1}", "{\"n\": 2}", "FAILED", "{\"n")),
            10,
            r -> "n " + r.get("n"));
    assertEquals("not done within 10 s; until then n 2", cut.note());
    assertEquals(Outcome.Status.TIMED_OUT, cut.status());
    Outcome none = Tools.outcome(run("echo done", 10), 10, r -> "");
    assertEquals(Outcome.Status.FAILED, none.status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "========= COMPUTE-SANITIZER\\nwords\\n========= ERROR SUMMARY: 0 errors; 0; passed",
        "========= COMPUTE-SANITIZER\\n========= Invalid __global__ read\\n=========     at"
            + " klif_forward_f32+0x10\\n========= ERROR SUMMARY: 2 errors; 0; failed",
        "========= COMPUTE-SANITIZER\\n========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0"
            + " warnings); 0; passed",
        "========= Error: Device not supported; 1; not available",
        "========= ERROR SUMMARY: 0 errors; 1; failed",
      })
  void theSanitizersSummaryDecides(String output, int code, String expected) {
    List<String> lines = List.of(output.split("\\\\n", -1));
    Outcome outcome = Sanitizer.judge(new Command.Ended(code, false, lines), 10);
    assertEquals(expected, outcome.status().token(), outcome.note());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run --device gpu | --device must be cuda, cuda:N, sim or cpu, not gpu",
        "run --part 14 | --part must be a number from 1 to 12, not 14",
        "run --part 1 --resume | --part and --resume exclude each other",
        "run --out | --out needs a value",
        "run --fast | unknown option '--fast'",
        "merge | merge DIR... --out DIR",
        "walk | run OPTIONS or merge",
      })
  void wrongCommandLinesAreOneLineAndCode2(String line, String expected) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    assertEquals(2, GpuCheck.execute(List.of(line.split(" ", -1)), stream, stream));
    String text = err.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains(expected), text);
    assertEquals(1, text.lines().count(), text);
  }

  private static CheckRecord sample(String device) {
    CheckRecord record = CheckRecord.begin(device, "abc");
    ObjectNode train = JsonNodeFactory.instance.objectNode();
    train.put("T", 8).put("batch", 16).put("msPerStep", 2.0).put("minMsPerStep", 1.5);
    train.put("maxMsPerStep", 3.0).put("imagesPerSecond", 8000).put("network", "c1k3 | fc10");
    record.put(step("train-mnist-bf16", 4), Outcome.passed("2.000 ms a step", train), 5);
    ObjectNode peer = JsonNodeFactory.instance.objectNode();
    peer.put("medianMs", 9.0).put("minMs", 8.0).put("maxMs", 10.0).put("torch", "2.13");
    record.put(step("peer-mnist-eager-bf16", 5), Outcome.passed("9.000 ms a step", peer), 5);
    return record;
  }

  private static Step step(String name, int part) {
    return new Step(name, part, 10, () -> Outcome.passed("", null));
  }

  @Test
  void thePageHasMediansSpreadAndRatio() {
    String page = RecordPage.of(sample("cuda"));
    assertTrue(
        page.contains(
            "| mnist | 8 | 16 | bf16 | 2.00 (1.50 to 3.00) | 8,000 | 9.00 (8.00 to 10.00) [4.5] | - | - |"),
        page);
    assertTrue(page.contains("`c1k3 | fc10`"), page);
  }

  @Test
  void aRehearsalClaimsNoSpeed() {
    String page = RecordPage.of(sample("sim"));
    assertTrue(page.contains("A rehearsal without a GPU"), page);
    assertFalse(page.contains("images/s"), page);
    assertFalse(page.contains("## Training steps"), page);
  }

  @Test
  void recordsOfPartsAreMerged() throws IOException {
    CheckRecord first = sample("cuda");
    first.write(Files.createDirectories(folder.resolve("a")).resolve("record.json"));
    CheckRecord second = CheckRecord.begin("cuda", "abc");
    second.put(step("memcheck-golden", 2), Outcome.failed("3 errors", null), 1);
    second.write(Files.createDirectories(folder.resolve("b")).resolve("record.json"));
    PrintStream quiet = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Path out = folder.resolve("c");
    List<String> words =
        List.of("merge", folder.resolve("a").toString(), folder.resolve("b").toString());
    assertEquals(0, GpuCheck.execute(concat(words, out), quiet, quiet));
    CheckRecord merged = CheckRecord.read(out.resolve("record.json"));
    assertEquals(3, merged.steps().size());
    assertEquals(1, merged.bad());
    assertNotNull(merged.step("train-mnist-bf16").get("result"));
    CheckRecord.begin("cpu", "abc").write(folder.resolve("b").resolve("record.json"));
    assertEquals(1, GpuCheck.execute(concat(words, out), quiet, quiet), "another device");
  }

  @Test
  void onlyADeviceThatCouldNotBeUsedIsAskedForAgain() {
    CheckRecord record = CheckRecord.begin("cuda", "abc");
    record.put(step("devices", 1), Outcome.failed("no driver", null), 1);
    record.put(step("golden", 1), Outcome.failed("2 failed", null), 1);
    assertFalse(record.done("devices"));
    assertTrue(record.done("golden"));
    assertFalse(record.done("contract"));
    record.put(step("devices", 1), Outcome.passed("a GPU", null), 1);
    assertTrue(record.done("devices"));
    assertEquals(1, record.bad());
  }

  private static List<String> concat(List<String> words, Path out) {
    return Stream.concat(words.stream(), Stream.of("--out", out.toString())).toList();
  }
}
