package org.klif.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.KlifException;
import org.klif.io.Safetensors;

/** Networks of the library: the same numbers as a run's, and every way to use them. */
class SpikingNetworkTest {
  private static final String TEXT = "c8k3 bn sn mp2 | dp fc40 bn sn | vote4";

  @TempDir Path folder;

  private static SpikingNetworkBuilder small() {
    return SpikingNetwork.builder(TEXT)
        .images(1, 8, 8)
        .steps(2)
        .set("dropout", "0.2")
        .optimizer("adam", 0.02)
        .device("cpu")
        .threads(1)
        .seed(3);
  }

  private static void epochs(SpikingNetwork network, LabelledSet set, int epochs) {
    for (int epoch = 1; epoch <= epochs; epoch++) {
      for (LabelledBatch batch : set.batches(200, 3, epoch)) {
        network.train(batch.images(), batch.labels());
      }
    }
  }

  @Test
  void trainsToTheBitsOfARun() {
    Path run = folder.resolve("run");
    TrainingResult result =
        Training.preset("digits")
            .set("network", TEXT)
            .set("T", "2")
            .set("epochs", "2")
            .set("batch", "200")
            .set("dropout", "0.2")
            .set("seed", "3")
            .set("threads", "1")
            .set("device", "cpu")
            .set("optimizer.learningRate", "0.02")
            .set("schedule", "constant")
            .run(run);
    try (SpikingNetwork mine = small().build();
        SpikingNetwork trained = SpikingNetwork.load(run, "cpu");
        LabelledData digits = LabelledData.load("digits")) {
      epochs(mine, digits.train().augmented("affine(10,0.06,0.9,1.1)"), 2);
      for (String name : trained.parameters()) {
        assertArrayEquals(trained.parameter(name), mine.parameter(name), name);
      }
      assertEquals(result.testAccuracy(), mine.accuracy(digits.test()));
      assertEquals(result.testAccuracy(), trained.accuracy(digits.test()));
      // a loaded run takes samples as the data has them, a network of one's own as it was trained
      float[] raw = digits.test().sample(5);
      float[] normalised =
          Arrays.copyOf(digits.test().batches(360, 1, 1).iterator().next().images(), 64);
      assertEquals(64, raw.length);
      assertEquals(10, trained.predict(raw).rates().length);
      assertEquals(10, mine.predict(normalised).rates().length);
    }
  }

  @Test
  void aLossOfOnesOwnGivesTheBitsOfTheOneThatIsThere() {
    try (SpikingNetwork builtIn = small().build();
        SpikingNetwork own = small().build();
        LabelledData digits = LabelledData.load("digits")) {
      for (LabelledBatch batch : digits.train().batches(150, 1, 1)) {
        StepResult one = builtIn.train(batch.images(), batch.labels());
        StepResult two = own.train(batch.images(), batch.labels(), SpikingNetworkTest::mse);
        assertEquals(one.correct(), two.correct());
        assertEquals(one.loss(), two.loss(), 1e-6); // the device rounds it to float32
        assertEquals(one.gradientNorm(), two.gradientNorm());
      }
      for (String name : own.parameters()) {
        assertArrayEquals(builtIn.parameter(name), own.parameter(name), name);
        assertArrayEquals(builtIn.gradient(name), own.gradient(name), name);
      }
    }
  }

  /** By their names in config.yaml; the loss beside its formula (docs/MATH.md). */
  @Test
  void theLossOfEachStepAndWhatSgdTakes() {
    try (SpikingNetwork network =
            small()
                .loss("tet")
                .set("tetLambda", "0.25")
                .optimizer("sgd", 0.02)
                .set("optimizer.nesterov", "true")
                .set("optimizer.weightDecay", "0.01")
                .set("optimizer.decayAll", "true")
                .build();
        SpikingNetwork own = small().build();
        LabelledData digits = LabelledData.load("digits")) {
      LabelledBatch batch = digits.train().batches(150, 1, 1).iterator().next();
      StepResult one = network.train(batch.images(), batch.labels());
      StepResult two = own.train(batch.images(), batch.labels(), SpikingNetworkTest::tet);
      assertEquals(two.loss(), one.loss(), 1e-5);
    }
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> small().set("optimizer.nesterov", "true").build());
    assertTrue(
        e.getMessage().contains("optimizer.nesterov is for sgd with a momentum above 0"),
        e.getMessage());
  }

  private static double tet(float[] output, int[] labels, float[] gradient) {
    int rows = output.length / 10;
    double loss = 0;
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int c = 0; c < 10; c++) {
        sum += Math.exp(output[10 * row + c]);
        double d = output[10 * row + c] - 1;
        loss += 0.25 * d * d / output.length;
      }
      double share = Math.exp(output[10 * row + labels[row % labels.length]]) / sum;
      loss -= 0.75 * Math.log(share) / rows;
    }
    return loss;
  }

  /** As docs/MATH.md has it: of the mean over T, against 1 for the class and 0 for the others. */
  static double mse(float[] output, int[] labels, float[] gradient) {
    int classes = 10;
    int row = labels.length * classes;
    int steps = output.length / row;
    double loss = 0;
    for (int at = 0; at < row; at++) {
      double sum = 0;
      for (int t = 0; t < steps; t++) {
        sum += output[t * row + at];
      }
      double difference =
          (float) (sum / steps) - (at % classes == labels[at / classes] ? 1.0 : 0.0);
      loss += difference * difference;
      for (int t = 0; t < steps; t++) {
        gradient[t * row + at] = (float) (2 * difference / row / steps);
      }
    }
    return loss / row;
  }

  @Test
  void savesAllThatLoadingNeeds() {
    Path file = folder.resolve("network.safetensors");
    try (SpikingNetwork network = small().normalisation(0.3, 0.4).build();
        LabelledData digits = LabelledData.load("digits")) {
      epochs(network, digits.train(), 1);
      network.save(file);
      try (SpikingNetwork loaded = SpikingNetwork.load(file, "cpu")) {
        assertEquals(network.parameters(), loaded.parameters());
        assertEquals(network.accuracy(digits.test()), loaded.accuracy(digits.test()));
        float[] sample = digits.test().sample(0);
        assertArrayEquals(network.predict(sample).rates(), loaded.predict(sample).rates());
      }
    }
  }

  @Test
  void aStreamEndsWhereThePredictionIs() {
    try (SpikingNetwork network = small().build();
        LabelledData digits = LabelledData.load("digits")) {
      epochs(network, digits.train(), 1);
      float[] sample = digits.test().sample(1);
      Prediction whole = network.predict(sample);
      try (SpikingStream stream = network.stream()) {
        stream.step(sample);
        assertArrayEquals(whole.rates(), stream.step(sample).rates());
        stream.reset();
        stream.step(sample);
        Prediction again = stream.step(sample);
        assertArrayEquals(whole.rates(), again.rates());
        assertEquals(whole.label(), again.label());
      }
    }
  }

  @Test
  void recordsWhatEachNeuronDid() {
    try (SpikingNetwork network = small().build();
        LabelledData digits = LabelledData.load("digits")) {
      epochs(network, digits.train(), 1);
      float[] sample = digits.test().sample(2);
      SpikeRecord record = network.record(sample);
      assertEquals(List.of("2.klif", "7.klif"), record.layers());
      float[] spikes = record.spikes("2.klif");
      float[] charged = record.charged("2.klif");
      float[] potentials = record.potentials("2.klif");
      assertEquals(2 * 8 * 8 * 8, spikes.length); // T, C, H, W: ahead of the pooling
      int fired = 0;
      for (int i = 0; i < spikes.length; i++) {
        assertEquals(charged[i] >= 1 ? 1f : 0f, spikes[i]);
        // a hard reset to 0
        assertEquals(spikes[i] == 1 ? 0f : charged[i], potentials[i]);
        fired += (int) spikes[i];
      }
      assertTrue(fired > 0 && fired < spikes.length, "fired " + fired);
      assertArrayEquals(network.predict(sample).rates(), record.prediction().rates(), 1e-6f);
    }
  }

  @Test
  void gradientsAreThoseOfTheLastStepOrRefused() {
    try (SpikingNetwork plain = small().build();
        SpikingNetwork average = small().set("optimizer.ema", "0.9").build();
        LabelledData digits = LabelledData.load("digits")) {
      String name = "0.conv.weight";
      LabelledBatch batch = digits.train().batches(100, 1, 1).iterator().next();
      float[] sample = digits.test().sample(0);
      IllegalStateException early =
          assertThrows(IllegalStateException.class, () -> average.gradient(name));
      assertEquals("gradient: there was no training step yet", early.getMessage());
      plain.train(batch.images(), batch.labels());
      average.train(batch.images(), batch.labels());
      float[] gradient = plain.gradient(name);
      assertArrayEquals(gradient, average.gradient(name));
      List<Runnable> uses =
          List.of(
              () -> average.predict(sample),
              () -> average.record(sample),
              () -> average.accuracy(digits.test()),
              () -> average.save(folder.resolve("average.safetensors")));
      for (Runnable use : uses) {
        use.run();
        IllegalStateException lost =
            assertThrows(IllegalStateException.class, () -> average.gradient(name));
        assertTrue(lost.getMessage().contains("(optimizer.ema) was used"), lost.getMessage());
        average.train(batch.images(), batch.labels());
        assertEquals(gradient.length, average.gradient(name).length);
      }
      plain.predict(sample);
      assertArrayEquals(gradient, plain.gradient(name));
    }
  }

  @Test
  void frozenParametersStayAndTheOthersLearn() {
    try (SpikingNetwork network = small().build();
        LabelledData digits = LabelledData.load("digits")) {
      LabelledBatch batch = digits.train().batches(100, 1, 1).iterator().next();
      network.train(batch.images(), batch.labels());
      float[] weights = network.parameter("0.conv.weight");
      float[] k = network.parameter("2.klif.k");
      network.freeze("0.");
      network.train(batch.images(), batch.labels());
      network.train(batch.images(), batch.labels(), SpikingNetworkTest::mse);
      assertArrayEquals(weights, network.parameter("0.conv.weight"));
      assertFalse(Arrays.equals(k, network.parameter("2.klif.k")));
      network.unfreeze();
      network.train(batch.images(), batch.labels());
      assertFalse(Arrays.equals(weights, network.parameter("0.conv.weight")));
      network.parameter("2.klif.k", new float[] {1.25f});
      assertEquals(1.25f, network.parameter("2.klif.k")[0]);
    }
  }

  @Test
  void framesAreInPyTorchsOrder() {
    // two channels, and a sample that differs in one of them at one step only
    try (SpikingNetwork network =
        SpikingNetwork.builder("fc10 sn | vote5")
            .frames(2, 2, 2)
            .steps(3)
            .device("cpu")
            .threads(1)
            .build()) {
      float[] weight = new float[10 * 8];
      weight[0 * 8 + 5] = 10; // neuron 0 sees channel 1, row 0, column 1
      network.parameter("0.fc.weight", weight);
      network.parameter("0.fc.bias", new float[10]);
      float[] sample = new float[3 * 8];
      sample[2 * 8 + 5] = 1; // at the last step
      SpikeRecord record = network.record(sample);
      float[] spikes = record.spikes(record.layers().get(0));
      for (int i = 0; i < spikes.length; i++) {
        assertEquals(i == 2 * 10 ? 1f : 0f, spikes[i], "spike " + i);
      }
      // the same through a batch of two, of which the second sample is empty
      float[] batch = new float[2 * sample.length];
      batch[(2 * 2) * 8 + 5] = 1;
      float[][] seen = new float[1][];
      network.train(
          batch,
          new int[] {0, 1},
          (output, labels, gradient) -> {
            seen[0] = output.clone();
            return 0;
          });
      for (int i = 0; i < seen[0].length; i++) {
        assertEquals(i == 2 * 2 * 2 ? 0.2f : 0f, seen[0][i], "output " + i);
      }
    }
  }

  @Test
  void everyBatchSizeIsTaken() {
    try (SpikingNetwork network = small().build()) {
      for (int size : new int[] {7, 3, 12, 5, 9, 7, 2}) {
        StepResult step = network.train(new float[size * 64], new int[size]);
        assertTrue(Double.isFinite(step.loss()), "batch of " + size);
      }
    }
  }

  @Test
  void misuseNamesTheArgument() {
    try (SpikingNetwork network = small().build()) {
      refused("images: has 63 values, not 64", n -> network.train(new float[63], new int[1]));
      refused(
          "labels: must be from 0 to 9, not 10", n -> network.train(new float[64], new int[] {10}));
      refused("labels: there is none", n -> network.train(new float[0], new int[0]));
      refused("sample: has 3 values", n -> network.predict(new float[3]));
      refused("parameter: there is no 'k'; there are 0.conv.weight", n -> network.parameter("k"));
      refused("values: has 2 values, not 1", n -> set(network, "2.klif.k", new float[2]));
      refused("layer: there is no '3.klif'", n -> network.record(new float[64]).spikes("3.klif"));
      refused("rate: must be at least 0", n -> rate(network, Double.NaN));
      refused("one value has no variance", n -> single());
    }
    refused("set(\"neuron.tua\", \"2\"): there is no setting", n -> small().set("neuron.tua", "2"));
    refused("key: epochs describes a run", n -> small().set("epochs", "2"));
    refused("key: T is given by steps", n -> small().set("T", "2"));
    refused("images or frames", n -> SpikingNetwork.builder("fc10 sn").device("cpu").build());
    refused("precision", n -> small().precision("float8").build());
    refused("neuron", n -> small().neuron("klaf").build());
    refused("epoch: must be from 1 to 3", n -> Schedules.cosine(1, 4, 3));
    refused("unknown preset", n -> Training.preset("digit"));
    refused("size: must be at least 1", n -> LabelledData.load("digits").train().batches(0, 1, 1));
    refused("augmentation", n -> LabelledData.load("digits").train().augmented("turn"));
    assertThrows(KlifException.class, () -> SpikingNetwork.load(folder.resolve("none"), "cpu"));
  }

  private static Object set(SpikingNetwork network, String name, float[] values) {
    network.parameter(name, values);
    return values;
  }

  private static Object rate(SpikingNetwork network, double rate) {
    network.learningRate(rate);
    return rate;
  }

  /** Each channel of a batch norm behind a linear layer has one value in a batch of one sample. */
  private static StepResult single() {
    try (SpikingNetwork network = small().steps(1).build()) {
      return network.train(new float[64], new int[1]);
    }
  }

  private static void refused(String message, IntFunction<Object> call) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> call.apply(0), message);
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains("--"), "a flag of the command line in: " + e.getMessage());
  }

  /** As another program may write them, with a checksum that is right. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "^.*$; {}; is damaged",
        "^.*$; null; is damaged",
        "^.*$; []; is damaged",
        "\"config\":.*,\"frames\"; \"config\":null,\"frames\"; is damaged",
        "\"shape\":[^\\]]*\\]; \"shape\":null; is damaged",
        "\"shape\":[^\\]]*\\]; \"shape\":[1,1]; is damaged",
        "\"shape\":[^\\]]*\\]; \"shape\":[1,null,8,8]; is damaged",
        "\"shape\":[^\\]]*\\]; \"shape\":[1,99999,99999,99999]; is damaged",
        "\"mean\":[^\\]]*\\]; \"mean\":null; is damaged",
        "\"mean\":[^\\]]*\\],\"deviation\":[^\\]]*\\]; \"mean\":[0,0],\"deviation\":[1,1]; is damaged",
        "\"deviation\":[^\\]]*\\]; \"deviation\":[null]; is damaged",
        "\"classes\":[^\\]]*\\]; \"classes\":null; is damaged",
        "\"classes\":[^\\]]*\\]; \"classes\":[null]; is damaged",
        "\"classes\":[^\\]]*\\]; \"classes\":[]; names 0 classes, but its network has 10 outputs",
        "\"classes\":[^\\]]*\\]; \"classes\":[\"a\",\"b\"]; names 2 classes, but its network has 10 outputs"
      })
  void damagedMetadataIsRefusedInOneSentence(String part, String other, String sentence) {
    Path file = folder.resolve("network.safetensors");
    try (SpikingNetwork network = small().normalisation(0.3, 0.4).build()) {
      network.save(file);
    }
    Map<String, String> metadata;
    List<Safetensors.Entry> entries = new ArrayList<>();
    try (Safetensors saved = Safetensors.open(file)) {
      metadata = new LinkedHashMap<>(saved.metadata());
      for (String name : saved.names()) {
        float[] values = saved.values(name);
        entries.add(new Safetensors.Entry(name, saved.shape(name), () -> values));
      }
    }
    metadata.remove("klif.sha256"); // is written anew
    String changed = metadata.get("klif.network").replaceFirst(part, other);
    assertNotEquals(metadata.put("klif.network", changed), changed);
    Safetensors.write(file, metadata, entries);
    KlifException e = assertThrows(KlifException.class, () -> SpikingNetwork.load(file, "cpu"));
    assertEquals(file + ": its metadata klif.network " + sentence, e.getMessage());
  }

  @Test
  void aDamagedFileIsRefusedInOneSentence() throws Exception {
    Path file = folder.resolve("network.safetensors");
    try (SpikingNetwork network = small().build()) {
      network.save(file);
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
    KlifException cut = assertThrows(KlifException.class, () -> SpikingNetwork.load(file, "cpu"));
    assertTrue(cut.getMessage().contains("network.safetensors"), cut.getMessage());
    // a run's checkpoint is no network: its settings are in the folder
    Path run = folder.resolve("run");
    Training.preset("digits").set("epochs", "1").set("device", "cpu").run(run);
    KlifException checkpoint =
        assertThrows(
            KlifException.class,
            () -> SpikingNetwork.load(run.resolve("checkpoints/last.safetensors"), "cpu"));
    assertTrue(
        checkpoint.getMessage().contains("was not written by SpikingNetwork.save"),
        checkpoint.getMessage());
  }
}
