package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.config.RunConfig;
import org.klif.io.Safetensors;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.testing.CudaUnderTest;

/** Runs on the CUDA device. */
@Tag("sim")
class CudaTrainingTest {
  @TempDir Path folder;

  @BeforeAll
  static void deviceIsThere() {
    CudaUnderTest.require();
  }

  private RunFolder train(String name, String... settings) {
    RunFolder run = new RunFolder(folder.resolve(name));
    assertFalse(Runs.start(config(settings), run, new Runs.Listener(), () -> false).interrupted());
    return run;
  }

  private static RunConfig config(String... settings) {
    return Runs.small(settings).withDevice(CudaUnderTest.name());
  }

  /**
   * Whatever the precision, graph or none, interrupted or not: the same configuration, the same
   * bits.
   */
  @ParameterizedTest
  @CsvSource({"float32, true", "float32, false", "fp16, true", "bf16, false"})
  void anInterruptedRunGoesOnToTheSameBits(String precision, boolean graph) throws IOException {
    String[] settings = {
      "precision=" + precision,
      "graph=" + graph,
      "optimizer.ema=0.9",
      "optimizer.rule=sgd",
      "optimizer.nesterov=true",
      "loss=tet",
      "labelSmoothing=0.1"
    };
    RunFolder whole = train("whole", settings);
    RunFolder cut = new RunFolder(folder.resolve("cut"));
    AtomicInteger asked = new AtomicInteger();
    // 1 question ahead of the epoch, then one a step
    assertTrue(
        Runs.start(config(settings), cut, new Runs.Listener(), () -> asked.incrementAndGet() == 5)
            .interrupted());
    Runs.resume(cut, null, new Runs.Listener(), () -> false);
    Runs.assertSame(whole, cut);
    try (Safetensors tensors = Safetensors.open(cut.last())) {
      boolean scaled = tensors.names().contains("optimizer.loss-scale");
      assertEquals(precision.equals("fp16"), scaled);
      if (scaled) {
        // 18 steps; how many are skipped is the device's, but all are counted
        float[] state = tensors.values("optimizer.loss-scale");
        assertEquals(65536, state[0] * Math.pow(2, state[2]));
        assertTrue(state[1] + state[2] <= 18, "good and skipped");
      }
    }
  }

  /** A graph replays what would have been given piece by piece. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "optimizer.ema=0.9",
        "network=c8k3 bn sn mp2 | attend2( c8k1 bn sn : c8k1 bn sn : c8k1 bn sn ) sn | fc10"
      })
  void aGraphChangesNoBit(String setting) throws IOException {
    RunFolder graph = train("graph", setting);
    RunFolder none = train("none", "graph=false", setting);
    Runs.assertSame(graph, none);
  }

  /** Of shards it replays what lies between two exchanges. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void graphsOfShardsChangeNoBit(boolean syncBatchNorm) throws IOException {
    String[] settings = {
      "shards=2",
      "syncBatchNorm=" + syncBatchNorm,
      "firingRate.target=0.1",
      "firingRate.strength=0.5",
      "epochs=1",
      "graph=true"
    };
    RunFolder graph = train("graph", settings);
    settings[settings.length - 1] = "graph=false";
    RunFolder none = train("none", settings);
    Runs.assertSame(graph, none);
  }

  /**
   * The first step's loss is the CPU's to rounding; then single spikes flip, so the epochs' means
   * are near only. The bounds are those of the project's definition.
   */
  @Test
  void theCpuTrainsTheSame() {
    RunFolder gpu = train("gpu");
    RunFolder cpu = new RunFolder(folder.resolve("cpu"));
    RunConfig config = Runs.small("precision=float32").withDevice("cpu");
    Runs.start(config, cpu, new Runs.Listener(), () -> false);
    double[] expected = losses(cpu);
    double[] actual = losses(gpu);
    assertEquals(expected[0], actual[0], 0.02 * expected[0]);
    assertArrayEquals(expected, actual, 0.1 * expected[1]);
  }

  /** What is not finite is found and named as on the CPU. */
  @ParameterizedTest
  @CsvSource({
    "float32, fc40 fc10 li, 1e30, the output of layer 1.fc",
    "bf16, fc40 fc10 li, 1e30, the output of layer 1.fc",
    "float32, fc40 sn fc10 sn, 1e38, the gradient is not finite at epoch 1",
    // loss scaling first tries smaller and smaller scales
    "fp16, fc40 sn fc10 sn, 1e38, the gradient is not finite at epoch 1"
  })
  void whatIsNotFiniteIsNamed(String precision, String network, String rate, String expected) {
    RunFolder run = new RunFolder(folder.resolve("run"));
    RunConfig config =
        config(
            "precision=" + precision,
            "network=" + network,
            "optimizer.learningRate=" + rate,
            "optimizer.rule=" + (network.contains("sn") ? "adam" : "sgd"),
            "schedule=constant",
            "batch=50");
    Runs.Listener listener = new Runs.Listener();
    KlifException e =
        assertThrows(KlifException.class, () -> Runs.start(config, run, listener, () -> false));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertTrue(e.getMessage().contains("first appeared in"), e.getMessage());
    // it was seen when the next step had been started, and again at once: at the same step
    String place = e.getMessage().replaceFirst(": it first appeared in .*", "");
    assertTrue(
        listener.lines.contains(
            "warning: %s; the steps since the last checkpoint are repeated, to see where it began"
                .formatted(place)),
        listener.lines::toString);
  }

  /** The class after the last step of a stream is the prediction to the bit. */
  @ParameterizedTest
  @CsvSource({"float32", "tf32", "bf16", "fp16"})
  void aStreamEndsWithThePrediction(String precision) {
    RunFolder run = train("run", "precision=" + precision, "epochs=1", "T=3");
    try (RunContext context = RunContext.open(run.readConfig(), run, Trust.SHIPPED)) {
      context.load(run.last());
      try (Classifier classifier = new Classifier(context);
          StreamClassifier stream = new StreamClassifier(context)) {
        for (int sample = 1; sample <= 5; sample++) {
          float[] pixels = new float[64];
          for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i * sample * 7 % 17 / 16f;
          }
          List<Classifier.Prediction> steps = new ArrayList<>();
          stream.classify(pixels, (step, prediction) -> steps.add(prediction));
          assertEquals(3, steps.size());
          assertEquals(classifier.classify(pixels), steps.get(2));
        }
      }
    }
  }

  private static double[] losses(RunFolder run) {
    return RunMetrics.read(run.metrics()).column("trainLoss");
  }
}
