package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.sweep.JobRunner;
import org.klif.train.EpochResult;
import org.klif.train.Runs;
import org.klif.train.StopRule;
import org.klif.train.TrainListener;

/** A tiny table, trained for real: an epoch of a small network on the digits. */
class ReproductionTest {
  private static final TableFile TINY =
      TableFile.parse(
          "tiny",
          """
          rows:
            - name: tiny
              scale: small
              data: digits
              preset: digits
              T: [2]
              seeds: [1, 2]
              neurons: [klif, lif]
              threads: 1
              secondsPerRun: 100
              settings: {network: c8k3 bn sn mp2 | fc40 bn sn | vote4, epochs: "1", batch: "200"}
            - {name: far, scale: small, data: mnist, preset: mnist-small, T: [4], seeds: [1],
               neurons: [klif], threads: 1}
            - {name: accelerated, scale: small, data: digits, preset: digits, T: [4], seeds: [1],
               neurons: [klif], gpu: true, settings: {precision: bf16}}
          """);

  @TempDir Path folder;

  private final Heard heard = new Heard();
  private final List<String> asked = new ArrayList<>();
  private String failing = "";
  private Optional<Path> results = Optional.empty();

  private static final class Heard implements ReproduceListener {
    final List<String> plan = new ArrayList<>();
    final List<String> finished = new ArrayList<>();

    @Override
    public void planned(List<String> lines) {
      plan.addAll(lines);
    }

    @Override
    public void note(String text) {}

    @Override
    public void started(String id) {}

    @Override
    public void finished(String id, double accuracy) {
      finished.add(id);
    }
  }

  private static final class Silent implements TrainListener {
    @Override
    public void note(String line) {}

    @Override
    public void warn(String line) {}

    @Override
    public void step(TrainListener.Progress progress) {}

    @Override
    public void epoch(TrainListener.Progress progress, EpochResult result, boolean best) {}
  }

  private final JobRunner inProcess =
      (job, run, progress) -> {
        asked.add(job.id());
        if (job.id().equals(failing)) {
          throw new KlifException("no luck");
        }
        RunFolder runFolder = new RunFolder(run);
        StopRule stop = new StopRule(job.epochs(), () -> false);
        if (Files.exists(runFolder.last())) {
          Runs.resume(runFolder, null, new Silent(), stop);
        } else {
          Runs.start(job.config(), runFolder, new Silent(), stop);
        }
      };

  private Reproduction reproduction(
      List<String> rows, Optional<Duration> budget, BooleanSupplier stop) {
    ReproduceOptions options =
        new ReproduceOptions(
            "small",
            rows,
            List.of(Protocol.A, Protocol.B),
            List.of(),
            List.of(),
            Optional.empty(),
            OptionalInt.empty(),
            results,
            Optional.of(folder.resolve("data")),
            "cpu",
            1,
            budget);
    return new Reproduction(
        TINY, options, folder.resolve("out"), inProcess, Trust.SHIPPED, heard, stop);
  }

  private ReproduceResult run(String... rows) {
    return reproduction(List.of(rows), Optional.empty(), () -> false).run();
  }

  private Path run(String id, String file) {
    return folder.resolve("out/runs").resolve(id).resolve(file);
  }

  private String csv() throws IOException {
    return Files.readString(folder.resolve("out/table.csv"));
  }

  @Test
  void trainsMeasuresWritesAndGoesOn() throws IOException {
    ReproduceResult result = run("tiny");
    assertEquals(List.of(), result.problems());
    assertEquals(4, result.lines());
    assertEquals(8, result.finished());
    assertEquals(
        List.of("tiny-klif-T2-a-s1", "tiny-lif-T2-a-s1", "tiny-klif-T2-a-s2", "tiny-lif-T2-a-s2"),
        asked.subList(0, 4),
        "protocol A first, neurons of a seed side by side");
    String first = csv();
    assertEquals(5, first.lines().count());
    assertTrue(Files.readString(folder.resolve("out/table.md")).contains("| B |"));
    assertTrue(Files.exists(folder.resolve("out/table.html")));
    assertTrue(Files.exists(folder.resolve("out/compare/tiny-T2-a.html")));

    // the parameters are those that the run itself counted
    FinishedRun read =
        FinishedRun.read(
            new Experiment(TINY.rows().get(0), "klif", 2, Protocol.B, 1),
            new RunFolder(run("tiny-klif-T2-b-s1", "")));
    String log = Files.readString(run("tiny-klif-T2-b-s1", "log.txt"));
    assertTrue(log.contains(String.format("%,d", read.parameters())), read + " in " + log);
    assertEquals(360, read.testSamples(Protocol.B), "B is measured on the test samples");
    assertTrue(read.samples() < 360, "and watched held-out samples: " + read.samples());

    // nothing is done twice
    asked.clear();
    assertEquals(8, run("tiny").finished());
    assertEquals(List.of(), asked);
    assertEquals(first, csv());

    // a lost score is measured again, a run that ended ahead of its trace goes on
    Files.delete(run("tiny-klif-T2-b-s1", "test.json"));
    Files.delete(run("tiny-lif-T2-a-s2", "trace.json"));
    assertEquals(8, run("tiny").finished());
    assertEquals(List.of("tiny-lif-T2-a-s2"), asked);
    assertEquals(first, csv());

    // the table keeps what is in the folder when less is asked for
    reproduction(List.of("tiny"), Optional.empty(), () -> true).run();
    assertEquals(first, csv());
  }

  /** A folder of small files stands for the runs, on any machine, and gives the same table. */
  @Test
  void keptResultsCountAsFinished() throws IOException {
    Path kept = folder.resolve("kept");
    results = Optional.of(kept);
    run("tiny");
    String first = csv();
    assertEquals(8, asked.size());
    Path one = kept.resolve("tiny-klif-T2-a-s1");
    assertTrue(Files.readString(one.resolve("config.yaml")).contains("dataFolder: \"\""));
    asked.clear();
    Files.move(folder.resolve("out"), folder.resolve("elsewhere"));
    assertEquals(8, run("tiny").finished());
    assertEquals(List.of(), asked);
    assertEquals(first, csv());
    assertFalse(Files.exists(folder.resolve("out/compare")), "there is no trace to compare");

    // only what every run has: accuracies are known, operations are not
    Files.delete(one.resolve("run.json"));
    assertEquals(List.of(), run("tiny").problems());
    assertEquals(first.lines().count(), csv().lines().count());

    String config = Files.readString(one.resolve("config.yaml"));
    Files.writeString(one.resolve("config.yaml"), config.replace("batch: 200", "batch: 100"));
    Path metrics = kept.resolve("tiny-lif-T2-a-s1/metrics.csv");
    Files.writeString(metrics, Files.readString(metrics).lines().findFirst().orElseThrow() + "\n");
    String problems = String.join("\n", run("tiny").problems());
    assertTrue(problems.contains("tiny-klif-T2-a-s1 holds another run: batch is 100"), problems);
    assertTrue(problems.contains("has 0 of 1 epochs"), problems);
  }

  @Test
  void keptNumbersThatAreNoneAreOneLine() throws IOException {
    assertKept("null", " holds no numbers of a run");
    assertKept("{\n  \"parameters\": many\n}", ", line 2: Unrecognized token 'many'");
    assertKept("{\"parameters\": 1, \"samples\": ", ", line 1: Unexpected end-of-input");
    assertKept(" ".repeat(1 << 20) + "{}", " has more than 1048576 bytes");
  }

  private void assertKept(String text, String expected) throws IOException {
    Path file = Files.writeString(folder.resolve("run.json"), text);
    KlifException e = assertThrows(KlifException.class, () -> RunSummary.kept(folder));
    assertTrue(e.getMessage().startsWith(file + expected), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
  }

  @Test
  void anotherPrecisionIsAnotherRunAndLine() {
    TableRow row = TINY.rows().get(0);
    Experiment usual = new Experiment(row, "klif", 2, Protocol.A, 1);
    Experiment other = new Experiment(row, "klif", 2, Protocol.A, 1, "bf16");
    assertEquals("tiny-klif-T2-a-s1", usual.id());
    assertEquals("tiny-klif-T2-a-s1-bf16", other.id());
    assertEquals("bf16", other.config("cpu", 1, "").precision());
    assertEquals("bf16", new Experiment(TINY.rows().get(2), "klif", 4, Protocol.A, 1).precision());
    assertFalse(usual.line().equals(other.line()));
  }

  @Test
  void whatCannotBeDoneIsNamedAndHoldsUpNothing() throws IOException {
    failing = "tiny-klif-T2-a-s1";
    Files.createDirectories(run("tiny-lif-T2-a-s1", ""));
    Files.writeString(run("tiny-lif-T2-a-s1", "config.yaml"), "data: digits\nT: 3\n");
    ReproduceResult result = run();
    String problems = String.join("\n", result.problems());
    assertTrue(problems.contains("tiny-klif-T2-a-s1: no luck"), problems);
    assertTrue(problems.contains("tiny-lif-T2-a-s1 holds the run of another"), problems);
    assertTrue(
        problems.contains("row far: mnist is not in") && problems.contains("klif data get mnist"),
        problems);
    assertTrue(problems.contains("row accelerated: it needs a GPU"), problems);
    assertEquals(4, result.problems().size(), problems);
    assertEquals(6, result.finished());
    assertEquals(6, heard.finished.size());
    assertTrue(Files.readString(folder.resolve("out/table.md")).contains("no luck"));
  }

  @Test
  void aDryRunSaysWhatFitsAndDoesNothing() {
    ReproduceResult result =
        reproduction(List.of("tiny"), Optional.of(Duration.ofSeconds(250)), () -> false).dryRun();
    assertEquals(8, result.leftOut().size());
    assertEquals(
        List.of(
            "0 of 8 runs are finished; 3 to do now, 1 at once",
            "  now: tiny-klif-T2-a-s1 (about 100 s)",
            "  now: tiny-lif-T2-a-s1 (about 100 s)",
            "  now: tiny-klif-T2-a-s2 (about 100 s, in part)",
            "  left out: tiny-lif-T2-a-s2 (about 100 s)"),
        heard.plan.subList(0, 5));
    assertFalse(Files.exists(folder.resolve("out")));
    assertEquals(List.of(), asked);
  }

  @Test
  void optionsAreChecked() {
    assertThrows(UsageException.class, () -> run("tinny"));
    assertThrows(
        UsageException.class,
        () ->
            new ReproduceOptions(
                "small",
                List.of(),
                List.of(Protocol.A),
                List.of("klf"),
                List.of(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                "cpu",
                1,
                Optional.empty()));
  }
}
