package org.klif.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.train.Runs;

/** Runs in processes of their own, one after the other and at once. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ProcessRunnerTest {
  @TempDir Path folder;

  private static RunConfig tiny(String... settings) {
    ConfigTree tree = ConfigTree.preset("digits");
    tree.set("network=c4k3 bn sn mp4 | fc20 bn sn | vote2").set("T=2").set("epochs=2");
    tree.set("batch=200").set("threads=1").set("device=cpu");
    for (String setting : settings) {
      tree.set(setting);
    }
    return tree.build();
  }

  private List<JobResult> run(String root, int atOnce, Job... jobs) {
    Path runs = folder.resolve(root);
    ProcessRunner runner = new ProcessRunner(folder.resolve(root + "-processes"), Map.of());
    try (JobPool pool = JobPool.open(runs, runner, atOnce, JobListener.NONE, () -> false)) {
      return pool.run(List.of(jobs));
    }
  }

  @Test
  void stoppedAfterAnEpochAndResumedItHasTheBitsOfAWholeRun() throws Exception {
    Job one = new Job("one", tiny());
    Job two = new Job("two", tiny("seed=2"));
    for (JobResult result : run("whole", 2, one, two)) {
      assertEquals(JobResult.Kind.DONE, result.kind(), result.message());
    }
    RunFolder whole = new RunFolder(folder.resolve("whole/one"));
    assertEquals(RunStatus.FINISHED, RunStatus.of(whole.path(), one.config()));
    assertEquals(RunStatus.DIFFERENT, RunStatus.of(whole.path(), two.config()));

    assertTrue(run("parts", 1, one.upTo(1)).get(0).isDone());
    Path part = folder.resolve("parts/one");
    assertEquals(RunStatus.STARTED, RunStatus.of(part, one.config()));
    assertEquals(JobResult.Kind.KEPT, run("parts", 1, one.upTo(1)).get(0).kind());
    assertEquals(JobResult.Kind.DONE, run("parts", 1, one).get(0).kind());
    Runs.assertSame(whole, new RunFolder(part));
    assertEquals(RunOutcome.read(whole.path()).testLoss(), RunOutcome.read(part).testLoss());
    assertEquals(1, RunOutcome.read(part, 1).epochs());
  }

  @Test
  void aFailureIsToldInTheWordsOfTheProcess() {
    List<JobResult> results =
        run("failing", 1, new Job("none", tiny("data=mnist", "dataFolder=/none")));
    assertEquals(JobResult.Kind.FAILED, results.get(0).kind());
    assertTrue(results.get(0).message().startsWith("mnist: "), results.get(0).message());
  }

  /** Of a locale with another charset, and cut inside a character; all jobs have their turn. */
  @Test
  void aLogThatIsNoUtf8IsReadAllTheSame() throws Exception {
    Path script = folder.resolve("latin1.sh");
    Files.writeString(script, "printf 'klif: no file /n\\374ne\\ncut \\303'\nexit 1\n");
    ProcessRunner runner =
        new ProcessRunner(
            folder.resolve("latin1-processes"),
            Map.of(),
            new JavaLaunch("/bin/sh", List.of(script.toString()), "none"));
    try (JobPool pool =
        JobPool.open(folder.resolve("latin1"), runner, 1, JobListener.NONE, () -> false)) {
      List<Job> jobs = List.of(new Job("a", tiny()), new Job("b", tiny("seed=2")));
      for (JobResult result : pool.run(jobs)) {
        assertEquals(JobResult.Kind.FAILED, result.kind());
        assertEquals("no file /n\ufffdne", result.message());
      }
    }
  }

  @Test
  void anotherRunInTheFolderIsRefusedAheadOfAllWork() throws Exception {
    Path there = Files.createDirectories(folder.resolve("other/b"));
    Files.writeString(there.resolve("config.yaml"), ConfigTree.yaml(tiny("seed=3")));
    List<Job> started = new ArrayList<>();
    JobRunner runner = (job, path, progress) -> started.add(job);
    try (JobPool pool =
        JobPool.open(folder.resolve("other"), runner, 1, JobListener.NONE, () -> false)) {
      List<Job> jobs = List.of(new Job("a", tiny()), new Job("b", tiny()));
      String message = assertThrows(KlifException.class, () -> pool.run(jobs)).getMessage();
      assertTrue(message.contains("seed is 3 there and 1 here"), message);
      assertEquals(List.of(), started);
      String inUse =
          assertThrows(
                  KlifException.class,
                  () ->
                      JobPool.open(
                          folder.resolve("other"), runner, 1, JobListener.NONE, () -> false))
              .getMessage();
      assertTrue(inUse.contains("another process is working in"), inUse);
    }
  }
}
