package org.klif.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.run.FiringRates;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.run.RunTrace;

/** What a run writes down of single layers: gradient norms and firing rates of their neurons. */
class LayerReadingsTest {
  @TempDir Path folder;

  private RunFolder train(String... settings) {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(Runs.small(settings), run, new Runs.Listener(), () -> false);
    return run;
  }

  @Test
  void normsOfTheLayersMakeTheNormOfAll() {
    // one step an epoch, so that its norm is the epoch's mean; LIF without batch norm learns
    // nothing
    // but weights
    RunFolder run = train("network=fc60 lif | fc40 lif | vote4", "batch=100000", "epochs=3");
    RunMetrics metrics = RunMetrics.read(run.metrics());
    assertEquals(2, metrics.layers("gradientNorm").size(), metrics.columns().toString());
    double[] all = metrics.column("gradientNorm");
    for (int epoch = 0; epoch < 3; epoch++) {
      double squares = 0;
      for (String layer : metrics.layers("gradientNorm")) {
        double norm = metrics.column("gradientNorm." + layer)[epoch];
        assertTrue(norm > 0, layer);
        squares += norm * norm;
      }
      // the device's norm is a float32 sum of a few thousand squares
      assertEquals(all[epoch], Math.sqrt(squares), 1e-5 * all[epoch]);
    }
  }

  @Test
  void ratesOfNeuronsHaveTheMeanOfTheLayer() {
    // the traced batch is the whole test set
    RunFolder run = train("batch=360");
    RunMetrics metrics = RunMetrics.read(run.metrics());
    List<FiringRates> rates = RunTrace.read(run.trace()).firingRates();
    assertEquals(metrics.layers("rate"), rates.stream().map(FiringRates::layer).toList(), "layers");
    for (FiringRates layer : rates) {
      double[] rate = metrics.column("rate." + layer.layer());
      assertEquals(360, layer.samples());
      // float32 activity of one batch beside counted spikes
      assertEquals(rate[rate.length - 1], layer.mean(), 1e-6);
      assertTrue(layer.size() > layer.silent(), layer.toString());
    }
    assertEquals(List.of(8 * 64, 40), rates.stream().map(FiringRates::size).toList());
  }

  @Test
  void aRunBegunWithoutNormsGoesOnWithoutThem() throws IOException {
    RunFolder run = new RunFolder(folder.resolve("run"));
    Runs.start(Runs.small("epochs=3"), run, new Runs.Listener(), new StopRule(2, () -> false));
    // what a version without them would have left, and one epoch to go
    List<String> lines = Files.readAllLines(run.metrics());
    int columns =
        (int)
            List.of(lines.get(0).split(",", -1)).stream()
                .takeWhile(column -> !column.startsWith("gradientNorm."))
                .count();
    String old =
        lines.stream()
            .map(line -> List.of(line.split(",", -1)).subList(0, columns))
            .map(cells -> String.join(",", cells) + "\n")
            .collect(Collectors.joining());
    Files.writeString(run.metrics(), old);
    TrainResult result = Runs.resume(run, null, new Runs.Listener(), () -> false);
    assertFalse(result.interrupted());
    RunMetrics metrics = RunMetrics.read(run.metrics());
    assertEquals(3, metrics.epochs());
    assertTrue(metrics.layers("gradientNorm").isEmpty(), metrics.columns().toString());
  }
}
