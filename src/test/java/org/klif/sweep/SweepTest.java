package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.run.RunFolder;
import org.klif.train.Runs;

/** Sweeps from plan to tables; runs are computed in this process. */
class SweepTest {
  @TempDir Path folder;

  private static SweepPlan plan(String... lines) {
    String base =
        """
        name: tiny
        base:
          preset: digits
          settings:
            network: c4k3 bn sn mp4 | fc20 bn sn | vote2
            T: 2
            epochs: 4
            batch: 200
            threads: 1
            device: cpu
        """;
    return SweepPlan.of(
        SweepFile.parse("sweep.yaml", base + String.join("\n", lines) + "\n", Path.of("")),
        SweepPlan.Options.NONE);
  }

  private List<RunResult> run(SweepPlan plan, String name, JobRunner runner) {
    return Sweep.run(
        plan, new SweepFolder(folder.resolve(name)), runner, 1, JobListener.NONE, () -> false);
  }

  private String results(String name) throws Exception {
    return Files.readString(folder.resolve(name).resolve("results.csv"));
  }

  @Test
  void halvingStopsTheWorseAndTheBestHasTheBitsOfAWholeRun() throws Exception {
    String grid = "grid: {optimizer.learningRate: [0.00001, 0.02]}";
    String seeds = "seeds: [1, 2]";
    SweepPlan halved = plan(grid, seeds, "halving: {factor: 2, first: 1}");
    InProcess runner = new InProcess();
    List<RunResult> results = run(halved, "halved", runner);
    assertEquals(
        List.of(
            "learningRate-0.00001_s1:1",
            "learningRate-0.00001_s2:1",
            "learningRate-0.02_s1:1",
            "learningRate-0.02_s2:1",
            "learningRate-0.02_s1:4",
            "learningRate-0.02_s2:4"),
        runner.asked);
    assertEquals(
        List.of(
            RunResult.State.STOPPED,
            RunResult.State.STOPPED,
            RunResult.State.FINISHED,
            RunResult.State.FINISHED),
        results.stream().map(RunResult::state).toList());

    run(plan(grid, "seeds: [1]"), "whole", new InProcess());
    String best = "runs/learningRate-0.02_s1";
    Runs.assertSame(
        new RunFolder(folder.resolve("whole").resolve(best)),
        new RunFolder(folder.resolve("halved").resolve(best)));
    String csv = results("halved");
    assertTrue(
        csv.startsWith(
            "run,status,optimizer.learningRate,seed,epochs,trainLoss,trainAccuracy,testLoss,"
                + "testAccuracy,bestTestAccuracy,bestEpoch\n"
                + "learningRate-0.00001_s1,stopped,0.00001,1,1,"),
        csv);
    assertTrue(csv.contains("\nlearningRate-0.02_s2,finished,0.02,2,4,"), csv);
    String table = Files.readString(folder.resolve("halved/results.md"));
    assertTrue(table.contains("| 0.02 | 2 | 4 | "), table);

    // judged as before when it is run again, though nothing is left to do
    InProcess again = new InProcess();
    Files.delete(folder.resolve("halved/results.csv"));
    run(halved, "halved", again);
    assertEquals(List.of(), again.asked);
    assertEquals(csv, results("halved"));
  }

  @Test
  void stoppedAndStartedAgainItEndsWithTheSameResults() throws Exception {
    SweepPlan plan = plan("grid: {T: [1, 2], epochs: [2, 1]}");
    run(plan, "whole", new InProcess());
    SweepFolder part = new SweepFolder(folder.resolve("part"));
    AtomicBoolean stop = new AtomicBoolean();
    InProcess first = new InProcess();
    JobRunner stopping =
        (job, path, progress) -> {
          if (first.asked.size() == 2) {
            first.run(job.upTo(1), path, progress);
            stop.set(true);
            throw new InterruptedException();
          }
          first.run(job, path, progress);
        };
    List<RunResult> stopped = Sweep.run(plan, part, stopping, 1, JobListener.NONE, stop::get);
    assertEquals(
        List.of("finished", "finished", "unfinished", "unfinished"),
        stopped.stream().map(result -> result.state().token()).toList());
    assertTrue(results("part").contains("\nT-2_epochs-2,unfinished,2,2,1,,,,,,,\n"));
    InProcess second = new InProcess();
    run(plan, "part", second);
    assertEquals(2, second.asked.size(), second.asked.toString());
    assertEquals(results("whole"), results("part"));
  }

  @Test
  void aRunThatFailsIsAlineAndTheOthersGoOn() throws Exception {
    InProcess inner = new InProcess();
    JobRunner runner =
        (job, path, progress) -> {
          if (job.config().steps() == 1) {
            throw new KlifException("the loss is not finite");
          }
          inner.run(job, path, progress);
        };
    List<RunResult> results =
        run(plan("grid: {T: [1, 2], epochs: [1]}", "halving: {}"), "failing", runner);
    assertEquals("the loss is not finite", results.get(0).message());
    assertEquals(RunResult.State.FAILED, results.get(0).state());
    assertEquals(RunResult.State.FINISHED, results.get(1).state());
    assertTrue(results("failing").contains("\nT-1_epochs-1,failed,1,1,1,,,,,,,\n"));
  }

  @Test
  void aRunKilledAheadOfItsFirstCheckpointBeginsAnew() throws Exception {
    Path run = folder.resolve("run");
    Files.createDirectories(run.resolve("checkpoints"));
    Files.writeString(run.resolve("checkpoints/last.safetensors.00c0ffee00c0ffee.tmp"), "half");
    Files.writeString(run.resolve("config.yaml.00c0ffee00c0ffee.tmp"), "half");
    Job job = plan("seeds: [1]").jobs().get(0);
    assertEquals(RunStatus.ABSENT, RunStatus.of(run, job.config()));
    new RunFolder(run).removeUnstarted();
    assertTrue(Files.notExists(run));
    Files.createDirectories(run);
    Files.writeString(run.resolve("notes.txt"), "mine");
    new RunFolder(run).removeUnstarted();
    assertTrue(Files.exists(run.resolve("notes.txt")), "not a file of a run");
  }

  @Test
  void killedBetweenCheckpointAndLineTheLineIsWritten() throws Exception {
    Job job = plan("seeds: [1]").jobs().get(0).upTo(1);
    Path run = folder.resolve("line");
    new InProcess().run(job, run, Progress.NONE);
    assertTrue(RunStatus.isDone(run, job));
    RunFolder files = new RunFolder(run);
    String metrics = Files.readString(files.metrics());
    Files.writeString(files.metrics(), metrics.substring(0, metrics.indexOf('\n') + 1));
    assertEquals(false, RunStatus.isDone(run, job));
    new InProcess().run(job, run, Progress.NONE);
    assertTrue(RunStatus.isDone(run, job));
    assertEquals(1, RunOutcome.read(run).epochs());
  }

  @Test
  void theThreadsOfTheFirstStartStay() {
    SweepFolder sweep = new SweepFolder(folder.resolve("threads"));
    assertEquals(2, sweep.threads(2));
    sweep.write("name: x\n", 2);
    sweep.write("name: y\n", 1);
    assertEquals(2, sweep.threads(1));
  }

  @Test
  void gpusAreHandedOutEvenly() {
    GpuSlots slots = new GpuSlots(List.of(0, 2));
    assertEquals(0, slots.take());
    assertEquals(1, slots.take());
    assertEquals(0, slots.take());
    slots.giveBack(1);
    assertEquals(1, slots.take());
    assertEquals("2", slots.visible(1, null));
    assertEquals("7", slots.visible(1, "5,6,7"));
    String message = assertThrows(KlifException.class, () -> slots.visible(1, "5,6")).getMessage();
    assertTrue(message.startsWith("there is no GPU cuda:2: CUDA_VISIBLE_DEVICES=5,6"), message);
  }
}
