package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.UsageException;
import org.klif.run.RunFolder;
import org.klif.train.Runs;

/** klif sweep from its command line to its output, and the options of klif train it rests on. */
class SweepCommandTest {
  @TempDir Path folder;

  private static final List<String> SMALL =
      List.of("train", "digits", "--threads", "1", "--device", "cpu", "--batch", "200", "--T", "2");

  private static final String NETWORK = "network=c4k3 bn sn mp4 | fc20 bn sn | vote2";

  private static Cli train(String... more) {
    List<String> words = new java.util.ArrayList<>(SMALL);
    words.addAll(List.of("--set", NETWORK));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  @Test
  void aDryRunPrintsTheRunsAndTrainsNothing() {
    Path out = folder.resolve("dry");
    Cli cli = Cli.run("sweep", "ablation-k", "--dry-run", "--json", "--out", out.toString());
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.out().startsWith("fixed-k_s1\n"), cli.out());
    assertEquals(cli.json().get("runs").size(), cli.out().lines().count() - 2);
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongCommandLinesAreOneSentence() {
    assertFailure(2, "there is no sweep 'ablation-kk' (did you mean 'ablation-k'", "ablation-kk");
    assertFailure(2, "--jobs must be at least 1, not 0", "ablation-k", "--jobs", "0");
    assertFailure(2, "--devices takes one device, or GPUs", "ablation-k", "--devices", "cpu,sim");
    assertFailure(2, "--devices names a device twice", "ablation-k", "--devices", "cpu,cpu");
    assertFailure(2, "a setting is key=value", "ablation-k", "--set", "T");
    assertFailure(
        2, "--devices and --spark exclude", "ablation-k", "--devices", "cpu", "--spark", "x");
  }

  private static void assertFailure(int code, String message, String... words) {
    List<String> all = new java.util.ArrayList<>(List.of("sweep"));
    all.addAll(List.of(words));
    Cli cli = Cli.run(all.toArray(String[]::new));
    assertEquals(code, cli.code(), cli.err());
    assertTrue(cli.err().startsWith("klif: " + message), cli.err());
    assertEquals(1, cli.err().lines().count(), cli.err());
  }

  @Test
  void aNeuronThatDoesNotCompileIsFoundAheadOfAllRuns() throws IOException {
    try (InputStream shipped = SweepCommandTest.class.getResourceAsStream("/neurons/eif.cuh")) {
      String eif = new String(shipped.readAllBytes(), StandardCharsets.UTF_8);
      Files.writeString(folder.resolve("mine.cuh"), eif.replace("struct Eif", "struct Mine"));
      Files.writeString(
          folder.resolve("slip.cuh"),
          eif.replace("struct Eif", "struct Slip").replace("x - v + drive", "x - v + drift"));
    }
    Path file =
        Files.writeString(
            folder.resolve("mine.yaml"),
            """
            name: mine
            base: {preset: digits, settings: {threads: 1, epochs: 1, T: 1, network: fc10 sn | vote1}}
            grid: {neuron.model: [lif, ./mine.cuh, ./slip.cuh]}
            """);
    Path out = folder.resolve("sweep");
    Cli cli = Cli.run("sweep", file.toString(), "--trust", "--out", out.toString());
    assertEquals(1, cli.code(), cli.err());
    assertTrue(cli.out().isEmpty(), cli.out());
    String message = cli.err().lines().filter(line -> line.startsWith("klif: ")).findFirst().get();
    assertTrue(message.contains("slip.cuh:19: ") && message.contains("drift"), cli.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void sparkIsAProgramOfItsOwn() throws IOException {
    Path program = Files.createDirectories(folder.resolve("home/spark")).resolve("klif-spark");
    Files.writeString(program, "#!/bin/sh\necho \"$@\"\necho '{\"runs\":12}'\nexit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    String before = System.setProperty("klif.home", folder.resolve("home").toString());
    try {
      Cli cli =
          Cli.run(
              "sweep",
              "ablation-k",
              "--spark",
              "spark://x:1",
              "--out",
              "o",
              "--jobs",
              "3",
              "--json");
      assertEquals(1, cli.code(), cli.err());
      assertTrue(
          cli.out().startsWith("sweep ablation-k --master spark://x:1 --out o --jobs 3 --json\n"),
          cli.out());
      assertEquals(12, cli.json().get("runs").asInt());
      Files.delete(program);
      cli = Cli.run("sweep", "ablation-k", "--spark", "spark://x:1");
      assertEquals(1, cli.code());
      assertTrue(cli.err().startsWith("klif: --spark needs spark/klif-spark"), cli.err());
    } finally {
      if (before == null) {
        System.clearProperty("klif.home");
      } else {
        System.setProperty("klif.home", before);
      }
    }
  }

  @Test
  void stoppedAfterAnEpochARunGoesOnToTheSameBits() throws IOException {
    RunFolder whole = new RunFolder(folder.resolve("whole"));
    assertEquals(0, train("--epochs", "2", "--out", whole.path().toString()).code());
    RunFolder part = new RunFolder(folder.resolve("part"));
    Cli cli =
        train("--epochs", "2", "--out", part.path().toString(), "--stop-after", "1", "--json");
    assertEquals(0, cli.code(), cli.err());
    assertTrue(cli.json().get("interrupted").asBoolean());
    assertEquals(1, cli.json().get("epochs").asInt());
    assertTrue(
        cli.out().contains("stopped after epoch 1 of 2; go on with: klif train --resume "),
        cli.out());
    // asked for what is there already, it does nothing
    cli = Cli.run("train", "--resume", part.path().toString(), "--stop-after", "1");
    assertEquals(0, cli.code(), cli.err());
    assertFalse(Files.exists(part.trace()));
    cli = Cli.run("train", "--resume", part.path().toString(), "--stop-after", "5");
    assertEquals(0, cli.code(), cli.err());
    Runs.assertSame(whole, part);
    assertEquals(2, Cli.run("train", "digits", "--stop-after", "0").code());
  }

  @Test
  void aBudgetEndsWithACheckpointAndCodeThree() {
    String out = folder.resolve("budget").toString();
    // far more epochs than a second allows
    Cli cli = train("--epochs", "100000", "--out", out, "--budget", "1s", "--json");
    assertEquals(3, cli.code(), cli.err());
    assertTrue(cli.json().get("interrupted").asBoolean());
    assertTrue(cli.out().contains("interrupted; go on with: klif train --resume"), cli.out());
    Cli again = Cli.run("train", "--resume", out, "--budget", "1s", "--json");
    assertEquals(3, again.code(), again.err());
    assertTrue(again.json().get("epochs").asInt() >= cli.json().get("epochs").asInt(), again.out());
  }

  @Test
  void budgetsAreTimes() {
    assertEquals(90_000_000_000L, Budget.parse("90s").nanos());
    assertEquals(480_000_000_000L, Budget.parse("8m").nanos());
    assertEquals(7_200_000_000_000L, Budget.parse(" 2 h ").nanos());
    assertFalse(Budget.parse("1h").isSpent());
    assertTrue(new Budget(System.nanoTime() - 2, 1).isSpent());
    assertFalse(Budget.UNLIMITED.isSpent());
    for (String text : List.of("", "8", "m", "0s", "-1m", "1d", "1.5h", "99999999s")) {
      String message = assertThrows(UsageException.class, () -> Budget.parse(text)).getMessage();
      assertTrue(message.startsWith("--budget takes a time as in 90s, 8m or 2h"), message);
    }
  }
}
