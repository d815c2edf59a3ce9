package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** Runs with the loss of each step's output. */
class TemporalLossTest {
  private static final String[] SETTINGS = {
    "loss=tet", "labelSmoothing=0.1", "network=fc40 bn sn fc10 li", "epochs=1", "threads=1"
  };

  @TempDir Path folder;

  private RunFolder train(String name, RunConfig config) {
    RunFolder run = new RunFolder(folder.resolve(name));
    assertFalse(Runs.start(config, run, new Runs.Listener(), () -> false).interrupted());
    return run;
  }

  private static RunConfig config(String more) {
    String[] settings = Arrays.copyOf(SETTINGS, SETTINGS.length + 1);
    settings[SETTINGS.length] = more;
    return Runs.small(settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"precision=float32", "precision=bf16", "shards=2"})
  void anInterruptedRunGoesOnToTheSameBits(String setting) throws IOException {
    RunFolder whole = train("whole", config(setting));
    RunFolder cut = new RunFolder(folder.resolve("cut"));
    AtomicInteger asked = new AtomicInteger();
    assertTrue(
        Runs.start(config(setting), cut, new Runs.Listener(), () -> asked.incrementAndGet() == 4)
            .interrupted());
    Runs.resume(cut, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, cut);
  }

  /**
   * The batch of all samples makes the first epoch one step, whose loss is that of the first
   * weights: with lambda near 1 it is the distance to the threshold alone.
   */
  @Test
  void theThresholdIsWhatTheSecondTermPullsTo() {
    double[] losses = new double[2];
    for (int i = 0; i < 2; i++) {
      RunConfig config =
          Runs.small(
              "loss=tet",
              "tetLambda=0.999999",
              "network=fc10 li",
              "epochs=1",
              "batch=100000",
              "neuron.threshold=" + (i == 0 ? 100 : 1000));
      RunFolder run = train("threshold" + i, config);
      losses[i] = RunMetrics.read(run.metrics()).column("trainLoss")[0];
    }
    // the outputs are about 1
    assertEquals(1e4, losses[0], 500);
    assertEquals(1e6, losses[1], 5000);
  }

  @Test
  void anotherLambdaIsRefusedWhereTrainingGoesOn() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(config("tetLambda=0.05"), run, new Runs.Listener(), () -> true);
    String yaml = Files.readString(run.config());
    assertTrue(yaml.contains("tetLambda: 0.05"), yaml);
    Files.writeString(run.config(), yaml.replace("tetLambda: 0.05", "tetLambda: 0.5"));
    KlifException e =
        assertThrows(
            KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("tetLambda 0.05, but config.yaml says 0.5"), e.getMessage());
  }
}
