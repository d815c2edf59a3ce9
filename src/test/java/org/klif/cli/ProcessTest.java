package org.klif.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.neuron.file.NeuronFile;
import org.klif.run.RunFolder;
import org.klif.train.Runs;

/** What needs a process of its own: signals, a killed run, a full disk. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ProcessTest {
  @TempDir Path folder;

  /** Enough steps that a signal hits the middle of an epoch. */
  private static final List<String> LONGER = List.of("--batch", "4", "--epochs", "2");

  private static Process start(Path out, String... args) throws IOException {
    return start(out, Map.of(), args);
  }

  private static Process start(Path out, Map<String, String> environment, String... args)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(KlifProcess.command(Arrays.asList(args)))
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String[] train(Path run) {
    List<String> words = new ArrayList<>(List.of("train", "digits"));
    Runs.SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    words.addAll(LONGER);
    words.addAll(List.of("--out", run.toString(), "--json"));
    return words.toArray(String[]::new);
  }

  private static void kill(Process process, String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
    assertEquals(0, kill.waitFor());
  }

  private static boolean ignoresInterrupt(Process process) throws IOException {
    String ignored =
        Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(ignored.substring(7).strip(), 16) & 2) != 0;
  }

  /** Waits until so many epochs are written down, or the run folder has its first checkpoint. */
  private static void waitFor(Process process, RunFolder run, int epochs) throws Exception {
    while (process.isAlive()) {
      Path file = epochs == 0 ? run.lastState() : run.metrics();
      if (Files.exists(file) && (epochs == 0 || Files.readAllLines(file).size() > epochs)) {
        return;
      }
      Thread.sleep(5);
    }
    throw new AssertionError("the run ended too early");
  }

  @Test
  void killedAndInterruptedRunsEndWithTheBitsOfAWholeOne() throws Exception {
    Path out = folder.resolve("out.txt");
    RunFolder whole = new RunFolder(folder.resolve("whole"));
    assertEquals(0, start(out, train(whole.path())).waitFor(), () -> read(out));

    RunFolder killed = new RunFolder(folder.resolve("killed"));
    Process first = start(out, train(killed.path()));
    waitFor(first, killed, 1);
    Thread.sleep(50);
    kill(first, "KILL");
    first.waitFor();
    assertEquals(2, Files.readAllLines(killed.metrics()).size(), "killed in the second epoch");
    resumeAndCompare(whole, killed);

    RunFolder interrupted = new RunFolder(folder.resolve("interrupted"));
    Process second = start(out, train(interrupted.path()));
    waitFor(second, interrupted, 0);
    Thread.sleep(100);
    // a shell that starts the tests in the background has them ignore SIGINT, and their children
    String signal = ignoresInterrupt(second) ? "TERM" : "INT";
    kill(second, signal);
    assertEquals(signal.equals("INT") ? 130 : 143, second.waitFor());
    assertTrue(
        read(out).contains("interrupted; go on with: klif train --resume " + interrupted.path()),
        read(out));
    assertTrue(read(out).lines().reduce("", (a, b) -> b).contains("\"interrupted\":true"));
    assertFalse(Files.exists(interrupted.metrics()), "interrupted in the first epoch");
    Process third = start(out, "train", "--resume", interrupted.path().toString());
    while (third.isAlive() && !read(out).contains("going on in")) {
      Thread.sleep(5);
    }
    Thread.sleep(100);
    kill(third, "TERM");
    assertEquals(143, third.waitFor());
    resumeAndCompare(whole, interrupted);
  }

  /** A compiler that never comes to an end, started by another program as g++ starts cc1plus. */
  @Test
  void aSignalEndsARunThatCompiles() throws Exception {
    Path child = folder.resolve("child");
    Path compiler =
        Files.writeString(
            folder.resolve("slow"),
            "#!/bin/sh\n[ \"$1\" = --version ] && exit\nsleep 1000 & echo $! > '%s'\nwait\n"
                .formatted(child));
    assertTrue(compiler.toFile().setExecutable(true));
    Path neuron =
        Files.writeString(
            folder.resolve("mine.cuh"),
            NeuronFile.shipped("alif").source().text().replace("struct Alif", "struct Mine"));
    Path out = folder.resolve("out.txt");
    Process process =
        start(
            out,
            Map.of("CXX", compiler.toString(), "KLIF_CACHE", folder.resolve("cache").toString()),
            "train",
            "digits",
            "--neuron",
            neuron.toString(),
            "--out",
            folder.resolve("compiling").toString());
    while (process.isAlive() && (!Files.exists(child) || Files.size(child) == 0)) {
      Thread.sleep(5);
    }
    assertTrue(process.isAlive(), () -> read(out));
    kill(process, "TERM");
    assertEquals(143, process.waitFor(), () -> read(out));
    long pid = Long.parseLong(read(child).strip());
    while (ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)) {
      Thread.sleep(5);
    }
    assertFalse(read(out).contains("internal error"), read(out));
  }

  private static void resumeAndCompare(RunFolder whole, RunFolder run) throws IOException {
    Cli cli = Cli.run("train", "--resume", run.path().toString());
    assertEquals(0, cli.code(), cli.err());
    Runs.assertSame(whole, run);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFullDiskIsOneLineAndLeavesNoHalfFile() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk.toString())
            .redirectErrorStream(true)
            .start();
    String message = new String(mount.getInputStream().readAllBytes(), UTF_8).strip();
    if (mount.waitFor() != 0) {
      String reason = "skipped: a small tmpfs cannot be mounted here: " + message;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    try {
      // the first checkpoint, about 70 kB of a small network, does not fit
      Files.write(disk.resolve("filler"), new byte[220_000]);
      Path run = disk.resolve("run");
      Cli cli = Cli.run(train(run));
      assertEquals(1, cli.code(), cli.err());
      assertTrue(cli.err().contains("last.safetensors: No space left on device"), cli.err());
      assertEquals(1, cli.err().lines().count(), cli.err());
      assertFalse(Files.exists(run), "a run that never began leaves nothing");

      // the first checkpoint fits, the next one not beside it
      Files.write(disk.resolve("filler"), new byte[100_000]);
      cli = Cli.run(train(run));
      assertEquals(1, cli.code(), cli.err());
      assertTrue(cli.err().contains("No space left on device"), cli.err());
      try (Stream<Path> files = Files.walk(run)) {
        assertTrue(files.noneMatch(f -> f.toString().endsWith(".tmp")), "no temporary file stays");
      }
      Files.delete(disk.resolve("filler"));
      RunFolder folder = new RunFolder(run);
      assertTrue(read(folder.lastState()).contains("\"epoch\":0"), read(folder.lastState()));
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }
}
