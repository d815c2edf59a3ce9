package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.config.RunConfig;
import org.klif.data.DatasetPair;
import org.klif.neuron.file.Trust;
import org.klif.run.RunFolder;
import org.klif.run.RunTrace;

/** Training on images that an encoder turned into frames. */
class EncoderTrainingTest {
  @TempDir Path folder;

  private RunFolder train(String name, String... settings) {
    RunFolder run = new RunFolder(folder.resolve(name));
    Runs.start(Runs.small(settings), run, new Runs.Listener(), () -> false);
    return run;
  }

  @Test
  void poissonResumesToTheBit() throws IOException {
    RunFolder whole = train("whole", "encoder=poisson");
    RunFolder run = new RunFolder(folder.resolve("run"));
    // 9 steps an epoch and 2 test batches: inside the first epoch, and inside the second
    for (int question : new int[] {5, 10}) {
      AtomicInteger asked = new AtomicInteger();
      TrainResult result =
          Files.exists(run.path())
              ? Runs.resume(
                  run, null, new Runs.Listener(), () -> asked.incrementAndGet() == question)
              : Runs.start(
                  Runs.small("encoder=poisson"),
                  run,
                  new Runs.Listener(),
                  () -> asked.incrementAndGet() == question);
      assertTrue(result.interrupted(), "interrupted at question " + question);
    }
    assertFalse(Runs.resume(run, null, new Runs.Listener(), () -> false).interrupted(), "finished");
    Runs.assertSame(whole, run);
    assertTrue(Files.readString(run.config()).contains("encoder: \"poisson\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"poisson", "latency"})
  void learnsAndIsEvaluatedTheSameEachTime(String encoder) {
    Runs.Listener listener = new Runs.Listener();
    RunFolder run = new RunFolder(folder.resolve(encoder));
    RunConfig config = Runs.small("encoder=" + encoder, "T=4", "epochs=3");
    TrainResult result = Runs.start(config, run, listener, () -> false);
    String lines = String.join("\n", listener.lines);
    assertTrue(lines.contains("the network takes pulses of 4x1x8x8"), lines);
    // ten classes, so 0.1 is a guess
    assertTrue(result.last().testAccuracy() > 0.6, "it learns: " + result.last());
    List<RunTrace.SynapticOperations> layers = RunTrace.read(run.trace()).synapticOperations();
    RunTrace.SynapticOperations pulses = layers.get(0);
    assertEquals(RunTrace.Kind.AC, pulses.kind(), "pulses are added, not multiplied");
    assertTrue(pulses.inputRate() > 0 && pulses.inputRate() < 0.5, pulses.toString());
    assertEquals(pulses.macs() * pulses.inputRate(), pulses.operations());
    assertEvaluatedTheSame(config, run, result);
  }

  /** Of a digit's eight columns, each 1x8, the network sees one at a time. */
  @Test
  void aSequenceOfColumnsIsLearnt() {
    Runs.Listener listener = new Runs.Listener();
    RunFolder run = new RunFolder(folder.resolve("columns"));
    RunConfig config =
        Runs.small(
            "encoder=columns", "T=8", "epochs=6", "network=c32k1x3 bn sn | fc64 bn sn | fc10");
    TrainResult result = Runs.start(config, run, listener, () -> false);
    String lines = String.join("\n", listener.lines);
    assertTrue(lines.contains("the network takes frames of 8x1x1x8"), lines);
    // ten classes, so 0.1 is a guess
    assertTrue(result.last().testAccuracy() > 0.6, "it learns: " + result.last());
    assertEquals(RunTrace.Kind.MAC, RunTrace.read(run.trace()).synapticOperations().get(0).kind());
    assertEvaluatedTheSame(config, run, result);
  }

  private static void assertEvaluatedTheSame(RunConfig config, RunFolder run, TrainResult result) {
    try (RunContext context = RunContext.open(config, Trust.SHIPPED);
        DatasetPair data = context.loadData(line -> {})) {
      context.load(run.last());
      try (Evaluator evaluator =
              new Evaluator(config, context.entry(), context.network(), data.test());
          Classifier classifier = new Classifier(context);
          StreamClassifier stream = new StreamClassifier(context)) {
        Evaluation first = evaluator.run();
        Evaluation second = evaluator.run();
        assertEquals(result.last().testAccuracy(), first.accuracy());
        assertEquals(first.loss(), second.loss());
        assertEquals(first.confusion(), second.confusion());
        float[] sample = new float[data.test().shape().values()];
        data.test().read(0, sample, 0);
        float[] given = sample.clone();
        Classifier.Prediction whole = classifier.classify(sample);
        assertEquals(whole, classifier.classify(sample));
        assertEquals(whole, stream.classify(sample, (step, prediction) -> {}));
        assertArrayEquals(given, sample, "the caller's sample");
      }
    }
  }

  @Test
  void directIsTheDefault() throws IOException {
    RunFolder plain = train("plain", "epochs=1");
    Runs.assertSame(plain, train("direct", "epochs=1", "encoder=direct"));
    assertNotEquals(
        Files.readString(plain.metrics()),
        Files.readString(train("poisson", "epochs=1", "encoder=poisson").metrics()));
  }
}
