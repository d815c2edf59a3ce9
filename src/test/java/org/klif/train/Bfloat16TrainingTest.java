package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.config.RunConfig;
import org.klif.run.RunFolder;

/** Training on the CPU with activations of bfloat16. */
class Bfloat16TrainingTest {
  @TempDir Path folder;

  /** Chunks, pooling, dropout, neurons of all kinds, and a readout. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c8k3 bn sn mp2 | dp fc40 bn sn | vote4",
        "c8k3 bn plif ap2 | res( c8k3 bn lif : c8k1 bn ) | fc40 if | fc10 li",
        "c8k3 bn sn mp2 | res( attend2( c8k1 bn sn : c8k1 bn sn : c8k1 bn sn ) sn c8k1 bn sn ) | fc10",
        "c8k3 bn alif mp2 | fc40 bn klif | vote4"
      })
  void anInterruptedRunGoesOnToTheSameBits(String network) throws IOException {
    RunConfig config = Runs.small("precision=bf16", "device=cpu", "network=" + network);
    RunFolder whole = new RunFolder(folder.resolve("whole"));
    TrainResult result = Runs.start(config, whole, new Runs.Listener(), () -> false);
    assertEquals(2, result.epochs());
    RunFolder stopped = new RunFolder(folder.resolve("stopped"));
    AtomicInteger asked = new AtomicInteger();
    Runs.start(config, stopped, new Runs.Listener(), () -> asked.incrementAndGet() == 5);
    Runs.resume(stopped, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, stopped);
  }

  @Test
  void itLearnsWhatFloat32Learns() {
    double[] accuracy = new double[2];
    String[] precisions = {"float32", "bf16"};
    for (int i = 0; i < 2; i++) {
      RunConfig config =
          Runs.small("precision=" + precisions[i], "device=cpu", "epochs=6", "batch=50");
      RunFolder run = new RunFolder(folder.resolve(precisions[i]));
      accuracy[i] = Runs.start(config, run, new Runs.Listener(), () -> false).last().testAccuracy();
    }
    // 360 samples: one is 0.28 points; runs of other seeds lie within some three points of one
    // another
    assertEquals(accuracy[0], accuracy[1], 0.06);
    assertTrue(accuracy[1] > 0.8, "test accuracy " + accuracy[1]);
  }
}
