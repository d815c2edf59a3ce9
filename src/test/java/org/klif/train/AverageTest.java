package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.data.DatasetPair;
import org.klif.io.Safetensors;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** A run with a moving average of the network and with label smoothing. */
class AverageTest {
  private static final String[] SETTINGS = {
    "optimizer.ema=0.9", "loss=cross-entropy", "labelSmoothing=0.1"
  };

  @TempDir static Path folder;
  private static RunFolder whole;

  @BeforeAll
  static void train() {
    whole = train("whole", SETTINGS);
  }

  private static RunFolder train(String name, String... settings) {
    RunFolder run = new RunFolder(folder.resolve(name));
    assertFalse(
        Runs.start(Runs.small(settings), run, new Runs.Listener(), () -> false).interrupted());
    return run;
  }

  private static RunFolder interrupted(String name, int question, String... settings) {
    RunFolder run = new RunFolder(folder.resolve(name));
    AtomicInteger asked = new AtomicInteger();
    assertTrue(
        Runs.start(
                Runs.small(settings),
                run,
                new Runs.Listener(),
                () -> asked.incrementAndGet() == question)
            .interrupted());
    return run;
  }

  @Test
  void goesOnToTheSameBitsFromAnyStepAndFromTheTest() throws IOException {
    for (int question : List.of(1, 4, 10, 15)) {
      RunFolder run = interrupted("cut" + question, question, SETTINGS);
      Runs.resume(run, null, new Runs.Listener(), () -> false);
      Runs.assertSame(whole, run);
    }
  }

  /** What kill -9 in the second epoch leaves is the checkpoint of the first. */
  @Test
  void goesOnFromTheCheckpointOfAnEpoch() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("epoch"));
    StopRule first = new StopRule(1, () -> false);
    assertTrue(Runs.start(Runs.small(SETTINGS), run, new Runs.Listener(), first).interrupted());
    Runs.resume(run, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, run);
  }

  @Test
  void inShardsToo() throws IOException {
    String[] settings = Arrays.copyOf(SETTINGS, 5);
    settings[3] = "shards=2";
    settings[4] = "threads=1";
    RunFolder all = train("shards", settings);
    RunFolder run = interrupted("shards-cut", 5, settings);
    Runs.resume(run, null, new Runs.Listener(), () -> false);
    Runs.assertSame(all, run);
  }

  /** What is written down, tested and loaded is the average; training itself is as without one. */
  @Test
  void theAverageIsWhatIsTestedAndSaved() {
    RunFolder without = train("without", "loss=cross-entropy", "labelSmoothing=0.1");
    try (Safetensors plain = Safetensors.open(without.last());
        Safetensors averaged = Safetensors.open(whole.last());
        Safetensors best = Safetensors.open(whole.best())) {
      List<String> names = best.names().stream().sorted().toList();
      assertFalse(names.stream().anyMatch(name -> name.startsWith("optimizer")), "" + names);
      for (String name : names) {
        float[] trained = averaged.values("optimizer.trained." + name);
        assertArrayEquals(plain.values(name), trained, name);
        assertFalse(Arrays.equals(trained, averaged.values(name)), name + " is averaged");
      }
    }
    RunMetrics metrics = RunMetrics.read(whole.metrics());
    double[] accuracy = metrics.column("testAccuracy");
    double[] loss = metrics.column("testLoss");
    Evaluation last = evaluate(whole, whole.last());
    assertEquals(accuracy[1], last.accuracy(), 1e-12);
    assertEquals(loss[1], last.loss(), 1e-12);
    assertEquals(
        Math.max(accuracy[0], accuracy[1]), evaluate(whole, whole.best()).accuracy(), 1e-12);
    assertNotEquals(
        RunMetrics.read(without.metrics()).column("testLoss")[1], loss[1], "of another network");
  }

  private static Evaluation evaluate(RunFolder run, Path checkpoint) {
    try (RunContext context = RunContext.open(run.readConfig(), run, Trust.SHIPPED)) {
      context.load(checkpoint);
      try (DatasetPair data = context.loadData(note -> {});
          Evaluator evaluator =
              new Evaluator(context.config(), context.entry(), context.network(), data.test())) {
        return evaluator.run();
      }
    }
  }

  @Test
  void aCheckpointWithoutAnAverageIsRefused() throws IOException {
    RunFolder run = interrupted("none", 4);
    String yaml = Files.readString(run.config());
    Files.writeString(run.config(), yaml.replace("ema: 0.0", "ema: 0.9"));
    KlifException e =
        assertThrows(
            KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("optimizer.ema"), e.getMessage());
  }
}
