package org.klif.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.sweep.JavaLaunch;
import org.klif.testing.HostCompiler;

/**
 * A program may open and close networks, and train runs, for as long as it likes. Measured in a
 * process of its own with a small heap, so that what grows lies outside of it.
 */
class MemoryOverTimeTest {
  /**
   * MiB. What is compiled and what malloc keeps in reserve comes in jumps: 150 networks that left
   * nothing added 9 MiB to a process, and once 31; every 50 networks from the first on added 7, 11,
   * 5, 2, 4, 1, -1, -2, 15, -4, 0, 0. A leak grows all the time. So growth is measured in three
   * stretches, and the smallest counts. 50 networks that left 0.2 MiB each would add 10.
   */
  private static final long NOISE = 10;

  private static final int STRETCHES = 3;

  @TempDir Path folder;

  /** The program: runs or one long run in a folder, or networks on a device. */
  public static void main(String[] arguments) {
    String what = arguments[0];
    Path place = Path.of(arguments[1]);
    switch (what) {
      case "runs" -> stretches(20, 10, (first, count) -> runs(place, first, count));
      case "epochs" -> epochs(place, 51, 83);
      default -> stretches(100, 50, (first, count) -> networks(what, count));
    }
  }

  /** So many things are done, from this one on. */
  private interface Work {
    void run(int first, int count);
  }

  private static void stretches(int before, int each, Work work) {
    work.run(0, before);
    report();
    for (int i = 0; i < STRETCHES; i++) {
      work.run(before + i * each, each);
      report();
    }
  }

  private static void report() {
    System.out.println(resident());
  }

  /** MiB of the process that are in memory now. */
  private static long resident() {
    System.gc();
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("the system does not say VmRSS");
  }

  private static void networks(String device, int count) {
    // the stand-in driver is slow
    int side = device.equals("cpu") ? 28 : 8;
    for (int i = 0; i < count; i++) {
      try (SpikingNetwork network =
          SpikingNetwork.builder("c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc100 bn sn | vote10")
              .images(1, side, side)
              .device(device)
              .build()) {
        network.train(new float[16 * side * side], new int[16]);
        network.predict(new float[side * side]);
      }
    }
  }

  private static void runs(Path folder, int first, int count) {
    for (int i = first; i < first + count; i++) {
      Training.preset("digits")
          .set("network", "c8k3 bn sn mp2 | fc40 bn sn | vote4")
          .set("T", "2")
          .set("epochs", "1")
          .set("batch", "200")
          .set("device", "cpu")
          .run(folder.resolve("run" + i));
    }
  }

  /** One run that reports after some of its epochs, and after each stretch of as many. */
  private static void epochs(Path folder, int before, int each) {
    Training.preset("digits")
        .set("network", "c8k3 bn sn mp2 | fc40 bn sn | vote4")
        .set("T", "2")
        .set("epochs", Integer.toString(before + STRETCHES * each))
        .set("batch", "200")
        .set("device", "cpu")
        .onEpoch(
            epoch -> {
              if (epoch.epoch() >= before && (epoch.epoch() - before) % each == 0) {
                report();
              }
            })
        .run(folder.resolve("long"));
  }

  private void requireNoGrowth(String what) throws IOException, InterruptedException {
    List<String> command =
        new JavaLaunch(JavaLaunch.neededOptions(), System.getProperty("java.class.path"))
            .command(
                List.of("-XX:+UseSerialGC", "-Xmx128m", "-Xms128m", "-XX:+AlwaysPreTouch"),
                MemoryOverTimeTest.class.getName(),
                List.of(what, folder.toString()));
    Path out = folder.resolve("out.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("err.txt").toFile())
            .start();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), "it goes on and on");
    assertEquals(0, process.exitValue(), Files.readString(folder.resolve("err.txt"), UTF_8));
    List<Long> mib = Files.readAllLines(out).stream().map(Long::valueOf).toList();
    System.out.println("memory, " + what + ": MiB " + mib);
    assertEquals(1 + STRETCHES, mib.size());
    long growth = Long.MAX_VALUE;
    for (int i = 0; i < STRETCHES; i++) {
      growth = Math.min(growth, mib.get(i + 1) - mib.get(i));
    }
    assertTrue(growth < NOISE, "in each stretch it grew by " + growth + " MiB or more");
  }

  @Test
  void closedNetworksLeaveNothing() throws Exception {
    requireNoGrowth("cpu");
  }

  /**
   * What the CUDA back end keeps on the host; the stand-in's device memory is of the process, too.
   */
  @Test
  @Tag("sim")
  void closedNetworksLeaveNothingOnTheStandInDriver() throws Exception {
    HostCompiler.require();
    requireNoGrowth("sim");
  }

  @Test
  void aLongRunStaysAsItIs() throws Exception {
    requireNoGrowth("epochs");
  }

  @Test
  void finishedRunsLeaveNothing() throws Exception {
    requireNoGrowth("runs");
  }
}
