package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/**
 * Sweeps that are killed at random moments. {@code -Dklif.sweep.runs=24 -Dklif.sweep.kills=6} makes
 * the test as large as that; {@code -Dklif.sweep.seed} chooses the moments.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SweepProcessTest {
  private static final int RUNS = Integer.getInteger("klif.sweep.runs", 3);
  private static final int KILLS = Integer.getInteger("klif.sweep.kills", 2);
  private static final long SEED = Long.getLong("klif.sweep.seed", System.nanoTime() % 10_000);

  /** A run takes more than a second, so that the first kill hits. */
  private static final int MOST_MILLIS_TO_KILL = 1_000 + 100 * RUNS;

  @TempDir Path folder;

  private Path file() throws IOException {
    List<String> seeds = new ArrayList<>();
    for (int seed = 1; seed <= RUNS; seed++) {
      seeds.add(Integer.toString(seed));
    }
    Path file = folder.resolve("sweep.yaml");
    Files.writeString(
        file,
        """
        name: killed
        base:
          preset: digits
          settings:
            network: c4k3 bn sn mp4 | dp fc20 bn sn | vote2
            T: 2
            epochs: 2
            batch: 60
            device: cpu
        seeds: [%s]
        """
            .formatted(String.join(", ", seeds)));
    return file;
  }

  private Process start(Path file, String out) throws IOException {
    List<String> words =
        List.of(
            "sweep",
            file.toString(),
            "--jobs",
            "2",
            "--out",
            folder.resolve(out).toString(),
            "--json");
    return new ProcessBuilder(KlifProcess.command(words))
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(out + ".txt").toFile())
        .start();
  }

  private String printed(String out) throws IOException {
    return Files.readString(folder.resolve(out + ".txt"));
  }

  /** Waits until a process has begun to train, then for a moment that nobody chose. */
  private static void waitForRandomMoment(Process sweep, Random random) throws Exception {
    while (sweep.isAlive() && sweep.descendants().findAny().isEmpty()) {
      Thread.sleep(5);
    }
    Thread.sleep(random.nextInt(MOST_MILLIS_TO_KILL));
  }

  @Test
  void killedAtRandomMomentsItEndsWithEachRunOnceAndTheSameBits() throws Exception {
    Path file = file();
    Process whole = start(file, "whole");
    assertEquals(0, whole.waitFor(), () -> read("whole"));
    System.out.printf("%d runs, %d kills, seed %d%n", RUNS, KILLS, SEED);

    Random random = new Random(SEED);
    List<ProcessHandle> orphans = new ArrayList<>();
    for (int kill = 0; kill < KILLS; kill++) {
      Process sweep = start(file, "killed");
      waitForRandomMoment(sweep, random);
      assertTrue(kill > 0 || sweep.isAlive(), () -> "it ended too early: " + read("killed"));
      List<ProcessHandle> children = sweep.descendants().toList();
      if (kill % 2 == 0) {
        // the parent alone: its runs see it and stop by themselves; the next start waits for them
        orphans.addAll(children);
        sweep.destroyForcibly().waitFor();
      } else {
        children.forEach(ProcessHandle::destroyForcibly);
        sweep.destroyForcibly().waitFor();
      }
    }
    Process last = start(file, "killed");
    assertEquals(0, last.waitFor(), () -> read("killed"));
    assertFalse(orphans.stream().anyMatch(ProcessHandle::isAlive), "runs without a parent end");
    assertTrue(printed("killed").contains("\"finished\":" + RUNS), printed("killed"));

    assertArrayEquals(bytes("whole/results.csv"), bytes("killed/results.csv"), "results.csv");
    assertArrayEquals(bytes("whole/results.md"), bytes("killed/results.md"), "results.md");
    assertEquals(RUNS + 1, Files.readAllLines(folder.resolve("killed/results.csv")).size());
    try (Stream<Path> runs = Files.list(folder.resolve("killed/runs"))) {
      assertEquals(RUNS, runs.filter(Files::isDirectory).count());
    }
    for (int seed = 1; seed <= RUNS; seed++) {
      RunFolder run = new RunFolder(folder.resolve("killed/runs/s" + seed));
      String name = "/runs/s" + seed + "/checkpoints/last.safetensors";
      assertArrayEquals(bytes("whole" + name), bytes("killed" + name), name);
      assertEquals(2, RunMetrics.read(run.metrics()).epochs(), "each epoch once");
    }
  }

  @Test
  void interruptedItStopsItsRunsWithCheckpoints() throws Exception {
    Process sweep = start(file(), "interrupted");
    Path state = folder.resolve("interrupted/runs/s1/checkpoints/last.json");
    while (sweep.isAlive() && Files.notExists(state)) {
      Thread.sleep(5);
    }
    List<ProcessHandle> children = sweep.descendants().toList();
    // not SIGINT: it would be ignored where a shell has started the tests in the background
    Process kill = new ProcessBuilder("kill", "-TERM", Long.toString(sweep.pid())).start();
    assertEquals(0, kill.waitFor());
    assertEquals(143, sweep.waitFor(), () -> read("interrupted"));
    assertFalse(children.stream().anyMatch(ProcessHandle::isAlive), "children have ended");
    String text = printed("interrupted");
    assertTrue(text.contains("interrupted; the same command goes on"), text);
    assertTrue(text.contains("\"failed\":0"), text);
    assertTrue(Files.readString(state).contains("\"epoch\":"));
  }

  private byte[] bytes(String path) throws IOException {
    return Files.readAllBytes(folder.resolve(path));
  }

  private String read(String out) {
    try {
      return printed(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
