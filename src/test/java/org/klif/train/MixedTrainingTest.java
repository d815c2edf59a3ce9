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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;

/** Runs whose training samples are mixed. */
class MixedTrainingTest {
  @TempDir Path folder;

  private RunFolder train(String name, RunConfig config) {
    RunFolder run = new RunFolder(folder.resolve(name));
    assertFalse(Runs.start(config, run, new Runs.Listener(), () -> false).interrupted());
    return run;
  }

  private static RunConfig config(String... more) {
    String[] settings = new String[more.length + 5];
    String[] all = {"network=fc40 bn sn fc10 li", "epochs=1", "threads=1", "mixup=0.4", "cutmix=1"};
    System.arraycopy(all, 0, settings, 0, all.length);
    System.arraycopy(more, 0, settings, all.length, more.length);
    return Runs.small(settings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"loss=mse", "loss=cross-entropy", "loss=tet", "shards=2"})
  void anInterruptedRunGoesOnToTheSameBits(String setting) throws IOException {
    RunConfig config = config(setting, "labelSmoothing=0.1");
    RunFolder whole = train("whole", config);
    RunFolder cut = new RunFolder(folder.resolve("cut"));
    AtomicInteger asked = new AtomicInteger();
    assertTrue(
        Runs.start(config, cut, new Runs.Listener(), () -> asked.incrementAndGet() == 4)
            .interrupted());
    Runs.resume(cut, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, cut);
  }

  /** Steps of 1e-30 leave the first weights, so that both runs judge the same network. */
  @ParameterizedTest
  @ValueSource(strings = {"test", "validation"})
  void samplesThatAreWatchedAreNotMixed(String split) {
    double[][] losses = new double[2][];
    for (int i = 0; i < 2; i++) {
      RunConfig config =
          config(
              "network=fc10 li",
              "optimizer.rule=sgd",
              "optimizer.learningRate=1e-30",
              "split=" + split,
              "mixup=" + i,
              "cutmix=0");
      RunMetrics metrics = RunMetrics.read(train(split + i, config).metrics());
      losses[i] = new double[] {metrics.column("trainLoss")[0], metrics.column("testLoss")[0]};
    }
    assertEquals(losses[0][1], losses[1][1]);
    assertNotEquals(losses[0][0], losses[1][0], 1e-6);
  }

  @Test
  void anotherAlphaIsRefusedWhereTrainingGoesOn() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(config(), run, new Runs.Listener(), () -> true);
    String yaml = Files.readString(run.config());
    Files.writeString(run.config(), yaml.replace("mixup: 0.4", "mixup: 0.5"));
    KlifException e =
        assertThrows(
            KlifException.class, () -> Runs.resume(run, null, new Runs.Listener(), () -> false));
    assertTrue(e.getMessage().contains("mixup 0.4, but config.yaml says 0.5"), e.getMessage());
  }

  /** Two shards take the samples, partners and weights that one takes. */
  @Test
  void shardsMixAsOne() throws IOException {
    double[] losses = new double[2];
    for (int i = 0; i < 2; i++) {
      RunFolder run = train("shards" + i, config("batch=1000", "shards=" + (i + 1)));
      losses[i] = RunMetrics.read(run.metrics()).column("trainLoss")[0];
      assertArrayEquals(new double[] {1}, RunMetrics.read(run.metrics()).column("epoch"));
    }
    // sums over the shards are rounded in another order
    assertEquals(losses[0], losses[1], 1e-4 * losses[0]);
  }
}
