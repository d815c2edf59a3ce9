package org.klif.data.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;

/** Caches and the world around them: two processes, a kill, a full disk. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CacheProcessTest {
  private static final int SAMPLES = 60;

  @TempDir Path folder;

  private Path caches() {
    return folder.resolve("caches");
  }

  private Path cache() {
    return caches().resolve(Samples.KEY.fileName());
  }

  private Path temporary() {
    return caches().resolve(Samples.KEY.fileName() + ".tmp");
  }

  private Process start(Path out, int millisPerSample) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            CacheBuild.class.getName(),
            caches().toString(),
            Integer.toString(SAMPLES),
            Integer.toString(millisPerSample))
        .redirectErrorStream(true)
        .redirectOutput(out.toFile())
        .start();
  }

  /** Waits until a process has written some samples. */
  private void waitForSamples(Process process) throws Exception {
    while (!Files.exists(temporary()) || Files.size(temporary()) < 10_000) {
      assertTrue(process.isAlive(), "the process ended too early");
      Thread.sleep(5);
    }
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theSecondOfTwoProcessesWaitsAndUsesTheFirstOnesWork() throws Exception {
    List<Path> outs = new ArrayList<>();
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      outs.add(folder.resolve("out" + i));
      // 60 samples of 100 ms in 2 threads: long enough for both to be there.
      processes.add(start(outs.get(i), 100));
    }
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      assertEquals(0, processes.get(i).waitFor(), Files.readString(outs.get(i), UTF_8));
      said.addAll(Files.readAllLines(outs.get(i)));
    }
    assertEquals(
        List.of(
            "another run is building the cache " + cache() + "; waiting for it",
            "built",
            "reused",
            "right",
            "right"),
        said.stream().sorted().toList());
    assertEquals(
        List.of(Samples.KEY.fileName(), Samples.KEY.fileName() + ".lock"), files(caches()));
  }

  @Test
  void aKilledBuildLeavesNoCacheAndHindersNobody() throws Exception {
    Process killed = start(folder.resolve("out"), 100);
    waitForSamples(killed);
    new ProcessBuilder("kill", "-KILL", Long.toString(killed.pid())).start().waitFor();
    killed.waitFor();
    assertFalse(Files.exists(cache()));
    assertTrue(Files.exists(temporary()), "killed in the middle");

    Path out = folder.resolve("next");
    Process next = start(out, 0);
    assertEquals(0, next.waitFor(), Files.readString(out, UTF_8));
    assertEquals(List.of("built", "right"), Files.readAllLines(out));
    assertFalse(Files.exists(temporary()));
  }

  @Test
  void whoWaitsForAKilledBuildBuildsItself() throws Exception {
    Process first = start(folder.resolve("out"), 100);
    waitForSamples(first);
    Path out = folder.resolve("second");
    Process second = start(out, 0);
    while (second.isAlive() && !Files.readString(out, UTF_8).contains("waiting")) {
      Thread.sleep(5);
    }
    new ProcessBuilder("kill", "-KILL", Long.toString(first.pid())).start().waitFor();
    assertEquals(0, second.waitFor(), Files.readString(out, UTF_8));
    List<String> said = Files.readAllLines(out);
    assertEquals(List.of("built", "right"), said.subList(1, said.size()));
  }

  @Test
  void aFullDiskLeavesNothing() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString())
            .redirectErrorStream(true)
            .start();
    String message = new String(mount.getInputStream().readAllBytes(), UTF_8).strip();
    if (mount.waitFor() != 0) {
      String reason = "skipped: a small tmpfs cannot be mounted here: " + message;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    try {
      // 100 samples of about 1.6 kB on average need 160 kB.
      KlifException e = assertThrows(KlifException.class, () -> open(disk, 100));
      assertEquals(
          "cannot write the cache %s.tmp: No space left on device; make room there, or choose another folder for caches"
              .formatted(disk.resolve(Samples.KEY.fileName())),
          e.getMessage());
      assertEquals(List.of(Samples.KEY.fileName() + ".lock"), files(disk));
      // What fits is built in the same place afterwards.
      try (FrameCache cache = open(disk, 20)) {
        Samples.verify(cache);
      }
    } finally {
      new ProcessBuilder("umount", "-l", disk.toString()).start().waitFor();
    }
  }

  private static FrameCache open(Path folder, int samples) {
    return FrameCache.open(
        folder, Samples.KEY, Samples.VALUES, Samples.source(samples), 2, CacheProgress.none());
  }
}
