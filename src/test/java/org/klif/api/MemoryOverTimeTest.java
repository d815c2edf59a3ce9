package org.klif.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
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
   * MiB. A process without a leak grows by 5 to 15 here, as more of it is compiled, and then stops:
   * 387 MiB after 560 networks and after 800. 150 networks that left 0.2 MiB each would add 30.
   */
  private static final long NOISE = 30;

  @TempDir Path folder;

  /** The program: runs or one long run in a folder, or networks on a device. */
  public static void main(String[] arguments) {
    String what = arguments[0];
    Path place = Path.of(arguments[1]);
    long before;
    if (what.equals("runs")) {
      runs(place, 0, 20);
      before = resident();
      runs(place, 20, 30);
    } else if (what.equals("epochs")) {
      before = epochs(place, 50, 300);
    } else {
      networks(what, 50);
      before = resident();
      networks(what, 150);
    }
    System.out.printf("%d %d%n", before, resident());
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

  /** One run; MiB after some of its epochs. */
  private static long epochs(Path folder, int some, int all) {
    long[] before = new long[1];
    Training.preset("digits")
        .set("network", "c8k3 bn sn mp2 | fc40 bn sn | vote4")
        .set("T", "2")
        .set("epochs", Integer.toString(all))
        .set("batch", "200")
        .set("device", "cpu")
        .onEpoch(
            epoch -> {
              if (epoch.epoch() == some) {
                before[0] = resident();
              }
            })
        .run(folder.resolve("long"));
    return before[0];
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
    List<String> mib = Splitter.on(' ').splitToList(Files.readString(out, UTF_8).strip());
    System.out.printf("memory, %s: %s MiB, then %s MiB%n", what, mib.get(0), mib.get(1));
    long growth = Long.parseLong(mib.get(1)) - Long.parseLong(mib.get(0));
    assertTrue(growth < NOISE, "it grew by " + growth + " MiB");
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
