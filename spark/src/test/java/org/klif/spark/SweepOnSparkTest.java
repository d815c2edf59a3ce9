package org.klif.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same sweep without Spark, on two executors, and on two executors of which one is killed. The
 * runs must be long enough that the first one is under way when its first epoch is seen: 40 epochs,
 * each with a checkpoint.
 */
@Timeout(600)
final class SweepOnSparkTest {
  private static final String SWEEP =
      """
      name: tiny
      base:
        preset: digits
        settings:
          epochs: 40
          threads: 1
          device: cpu
          network: "fc32 bn sn | fc10 bn sn"
      grid:
        neuron.model: [klif, lif, plif]
      seeds: [1]
      """;

  @TempDir private static Path folder;
  private static Path file;
  private static String expected;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void sweepWithoutSpark() throws Exception {
    TestSpark.home();
    file = Files.writeString(folder.resolve("tiny.yaml"), SWEEP);
    Path local = folder.resolve("local");
    TestSpark.klif("sweep", file.toString(), "--out", local.toString(), "--jobs", "2");
    expected = Files.readString(local.resolve("results.csv"));
  }

  private int sweep(Path to, String... more) {
    Output output =
        new Output(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String[] words =
        Stream.concat(
                Stream.of(
                    "sweep",
                    file.toString(),
                    "--master",
                    TestSpark.MASTER,
                    "--out",
                    to.toString(),
                    "--json"),
                Stream.of(more))
            .toArray(String[]::new);
    return Main.execute(output, words);
  }

  private String notes() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void resultsEqualThoseWithoutSparkToTheBit() throws Exception {
    Path to = folder.resolve("spark");
    Path gpus = script("{\"name\": \"gpu\", \"addresses\": [\"5\"]}");
    CompletableFuture<String> environment =
        CompletableFuture.supplyAsync(() -> environmentOfARun(to));
    int code =
        sweep(
            to,
            "--conf",
            "spark.worker.resource.gpu.amount=1",
            "--conf",
            "spark.worker.resource.gpu.discoveryScript=" + gpus,
            "--conf",
            "spark.executor.resource.gpu.amount=1",
            "--conf",
            "spark.task.resource.gpu.amount=1");
    assertEquals(0, code, this::notes);
    assertEquals(expected, Files.readString(to.resolve("results.csv")));
    assertFalse(notes().contains("again"), this::notes);
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertTrue(
        lines.get(lines.size() - 1).contains("\"runs\":3,\"finished\":3"),
        lines.get(lines.size() - 1));
    // the GPU that Spark gave is the only one that a run's process sees
    assertTrue(environment.get().contains("CUDA_VISIBLE_DEVICES=5\0"), environment.get());
  }

  @Test
  void resultsAreTheSameWhenAnExecutorIsKilled() throws Exception {
    Path to = folder.resolve("killed");
    CompletableFuture<Void> killer =
        CompletableFuture.runAsync(
            () -> {
              awaitFirstEpoch(to);
              TestSpark.executors().get(0).destroyForcibly();
            });
    int code = sweep(to);
    assertEquals(0, code, this::notes);
    killer.get();
    assertEquals(expected, Files.readString(to.resolve("results.csv")));
    assertTrue(notes().contains(" is lost: "), this::notes);
    assertTrue(notes().contains(", again"), this::notes);
  }

  private static Path script(String output) throws IOException {
    Path script = folder.resolve("gpus");
    Files.writeString(script, "#!/bin/sh\necho '" + output + "'\n");
    assertTrue(script.toFile().setExecutable(true));
    return script;
  }

  private static void awaitFirstEpoch(Path sweep) {
    while (!hasEpoch(sweep.resolve("runs"))) {
      pause();
    }
  }

  private static boolean hasEpoch(Path runs) {
    if (!Files.isDirectory(runs)) {
      return false;
    }
    try (Stream<Path> all = Files.list(runs)) {
      return all.map(run -> run.resolve("metrics.csv").toFile()).anyMatch(f -> f.length() > 500);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Of a process that an executor has started, once it trains. */
  private static String environmentOfARun(Path sweep) {
    awaitFirstEpoch(sweep);
    for (ProcessHandle executor : TestSpark.executors()) {
      for (ProcessHandle run : executor.children().toList()) {
        String environment = environment(run);
        if (!environment.isEmpty()) {
          return environment;
        }
      }
    }
    return "no run was found";
  }

  /** Empty for a process that has just ended. */
  private static String environment(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "environ"));
    } catch (IOException e) {
      return "";
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
