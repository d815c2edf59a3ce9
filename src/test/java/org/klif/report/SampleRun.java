package org.klif.report;

import com.google.common.primitives.Floats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.klif.run.FiringRates;
import org.klif.run.MetricsTable;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;
import org.klif.run.RunTrace.Energy;
import org.klif.run.RunTrace.Image;
import org.klif.run.RunTrace.Kind;
import org.klif.run.RunTrace.Layer;
import org.klif.run.RunTrace.Potential;
import org.klif.run.RunTrace.Sample;
import org.klif.run.RunTrace.Spike;
import org.klif.run.RunTrace.SynapticOperations;

/** Writes a run folder as a trainer would, from made-up numbers. */
final class SampleRun {
  static final List<String> LAYERS = List.of("2.klif", "6.klif", "11.klif", "14.klif");
  private static final List<String> WEIGHTS = List.of("0.conv", "4.conv", "9.fc", "12.fc");
  static final String CONFIG =
      """
      preset: mnist-small
      network: c32k3 bn klif mp2 | c64k3 bn klif mp2 | fc256 bn klif | fc100 bn klif | vote10
      dataset: mnist
      neuron:
        name: klif
        tau: 2.0
        threshold: 1.0
        reset: hard
        surrogate: {name: atan, alpha: 2.0}
      T: %d
      batch: 128
      epochs: %d
      seed: 1
      optimizer: {name: adam, learningRate: 1.0e-3, weightDecay: 0}
      milestones: [10, 20]
      parameters: 857738
      """;

  private final Random random = new Random(7);
  private final int steps;
  private final int classes;

  private SampleRun(int steps, int classes) {
    this.steps = steps;
    this.classes = classes;
  }

  /** A run with all files. */
  static void write(Path folder, int epochs, int steps, int classes) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.yaml"), CONFIG.formatted(steps, epochs));
    SampleRun run = new SampleRun(steps, classes);
    run.writeMetrics(folder.resolve("metrics.csv"), epochs);
    run.trace().write(folder.resolve("trace.json"));
  }

  private void writeMetrics(Path file, int epochs) throws IOException {
    Files.deleteIfExists(file);
    List<String> columns = new ArrayList<>(RunMetrics.BASE_COLUMNS);
    LAYERS.forEach(layer -> columns.add("k." + layer));
    LAYERS.forEach(layer -> columns.add("rate." + layer));
    WEIGHTS.forEach(layer -> columns.add("gradientNorm." + layer));
    MetricsTable table = MetricsTable.open(file, columns);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      Map<String, Double> line = new LinkedHashMap<>();
      double left = Math.exp(-0.25 * epoch);
      line.put("epoch", (double) epoch);
      line.put("trainLoss", 0.004 + 0.07 * left + 0.001 * random.nextDouble());
      line.put("testLoss", 0.007 + 0.06 * left + 0.002 * random.nextDouble());
      line.put("trainAccuracy", 0.999 - 0.08 * left - 0.001 * random.nextDouble());
      line.put("testAccuracy", 0.993 - 0.06 * left - 0.002 * random.nextDouble());
      line.put("learningRate", 5e-4 * (1 + Math.cos(Math.PI * (epoch - 1) / epochs)));
      line.put("gradientNorm", 0.2 + left + 0.1 * random.nextDouble());
      line.put("seconds", 41 + random.nextDouble());
      line.put("imagesPerSecond", 1432 + 20 * random.nextDouble());
      for (int i = 0; i < LAYERS.size(); i++) {
        line.put("k." + LAYERS.get(i), 1 + (0.9 - 0.35 * i) * (1 - left));
        line.put("rate." + LAYERS.get(i), 0.08 + 0.04 * i + 0.1 * left);
        line.put("gradientNorm." + WEIGHTS.get(i), 0.1 + left / (i + 1));
      }
      table.append(line);
    }
  }

  private RunTrace trace() {
    List<String> names = IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    List<SynapticOperations> work =
        List.of(
            new SynapticOperations("0.conv", Kind.MAC, 225_792, 225_792, 0.191, 1, 225_792.0),
            new SynapticOperations(
                "4.conv", Kind.AC, 14_450_688.0 * 4 / 4, 1_907_490, 0.132, 4, 0.0),
            new SynapticOperations("9.fc", Kind.AC, 3_211_264, 353_239, 0.11, 4, 0.0),
            new SynapticOperations("12.fc", Kind.AC, 102_400, 15_360, 0.15, 4, 0.0));
    return new RunTrace(
        "mnist",
        names,
        new Sample(17, 7, 7, image()),
        List.of(layer(0, 25088), layer(1, 12544), layer(2, 256), layer(3, 100)),
        confusion(),
        work,
        Energy.HOROWITZ_45_NM,
        List.of(firing(0, 25088), firing(1, 12544), firing(2, 256), firing(3, 100)));
  }

  private FiringRates firing(int number, int neurons) {
    int samples = 128;
    int[] fired =
        IntStream.range(0, neurons)
            .map(i -> (int) (samples * steps * Math.pow(random.nextDouble(), 4)))
            .toArray();
    return FiringRates.of(LAYERS.get(number), samples, steps, fired);
  }

  private Image image() {
    float[] pixels = new float[28 * 28];
    for (int y = 5; y < 23; y++) {
      for (int x = 6; x < 21; x++) {
        double stroke = y < 8 ? 0 : Math.abs(x - (20 - (y - 5) * 0.55));
        pixels[y * 28 + x] = (float) Math.max(0, Math.min(1, 1.8 - stroke));
      }
    }
    return new Image(1, 28, 28, Floats.asList(pixels));
  }

  private Layer layer(int number, int neurons) {
    int shown = Math.min(200, neurons);
    List<Spike> spikes = new ArrayList<>();
    for (int row = 0; row < shown; row++) {
      double rate = Math.pow(random.nextDouble(), 4);
      for (int t = 0; t < steps; t++) {
        if (random.nextDouble() < rate) {
          spikes.add(new Spike(t, row));
        }
      }
    }
    List<Float> f = new ArrayList<>();
    List<Integer> s = new ArrayList<>();
    List<Float> v = new ArrayList<>();
    float potential = 0;
    for (int t = 0; t < steps; t++) {
      float charged = 1.3f * (potential + (1.4f * random.nextFloat() - potential) / 2);
      int spike = charged >= 1 ? 1 : 0;
      potential = spike == 1 ? 0 : charged;
      f.add(charged);
      s.add(spike);
      v.add(potential);
    }
    return new Layer(
        LAYERS.get(number), steps, neurons, 1, spikes, shown, new Potential(42, f, s, v));
  }

  private List<List<Integer>> confusion() {
    List<List<Integer>> rows = new ArrayList<>();
    for (int r = 0; r < classes; r++) {
      List<Integer> row = new ArrayList<>();
      for (int c = 0; c < classes; c++) {
        int mistakes = random.nextInt(5) == 0 ? random.nextInt(9) : 0;
        row.add(r == c ? 960 + random.nextInt(60) : mistakes);
      }
      rows.add(row);
    }
    return rows;
  }
}
