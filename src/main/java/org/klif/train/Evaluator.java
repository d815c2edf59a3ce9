package org.klif.train;

import com.google.common.primitives.Ints;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.klif.data.Augmentation;
import org.klif.data.BatchLoader;
import org.klif.data.CatalogueEntry;
import org.klif.data.Dataset;
import org.klif.device.Probe;
import org.klif.nn.Network;
import org.klif.nn.NeuronLayer;
import org.klif.nn.Readings;

/**
 * Runs a network over a data set in evaluation mode: running statistics, no dropout, and an encoder
 * gives a sample the same frames each time.
 */
public final class Evaluator implements AutoCloseable {
  /** A batch of it, in a profile. */
  static final String STEP = "evaluation batch";

  private final Network network;
  private final Probe probe;
  private final Dataset data;
  private final BatchLoader loader;
  private final BatchRuns runs;

  /** Plans the work; the data set stays the caller's. */
  public Evaluator(RunConfig config, CatalogueEntry entry, Network network, Dataset data) {
    this.network = network;
    this.probe = network.device().probe();
    this.data = data;
    this.runs = BatchRuns.create(network, config.lossKind(), data.size(), config.batch(), null);
    this.loader =
        new BatchLoader(
            data,
            Math.min(config.batch(), data.size()),
            config.seed(),
            false,
            Augmentation.none(),
            entry.normalisation(),
            config.encoding(),
            1);
  }

  /** Batches of one evaluation. */
  int batches() {
    return loader.batchesPerEpoch();
  }

  /** All samples. */
  public Evaluation run() {
    return run(() -> false).orElseThrow();
  }

  /** All samples, or nothing when it was stopped on the way. */
  Optional<Evaluation> run(BooleanSupplier stop) {
    int classes = data.classes();
    int[][] confusion = new int[classes][classes];
    Map<String, Double> spikes = new LinkedHashMap<>();
    double loss = 0;
    long correct = 0;
    long begin = System.nanoTime();
    Readings readings = network.readings();
    try (BatchFeed feed = new BatchFeed(loader.epoch(0, 0), runs, probe)) {
      while (feed.hasNext()) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        probe.beginStep(STEP);
        BatchFeed.Started batch = feed.start();
        probe.begin(Probe.Kind.PHASE, "download");
        float[] rates = batch.run().rates();
        readings.download();
        probe.end();
        count(confusion, rates, batch.labels());
        loss += readings.lossValue() * batch.size();
        correct += readings.correct();
        List<NeuronLayer> layers = batch.run().plan().neuronLayers();
        for (int i = 0; i < layers.size(); i++) {
          spikes.merge(layers.get(i).name(), readings.rate(i) * (double) batch.size(), Double::sum);
        }
        probe.endStep();
      }
    }
    double seconds = (System.nanoTime() - begin) * 1e-9;
    spikes.replaceAll((name, sum) -> sum / data.size());
    List<List<Integer>> table = Arrays.stream(confusion).map(Ints::asList).toList();
    return Optional.of(
        new Evaluation(
            data.size(),
            loss / data.size(),
            (double) correct / data.size(),
            table,
            spikes,
            data.size() / seconds));
  }

  private static void count(int[][] confusion, float[] rates, int[] labels) {
    int classes = confusion.length;
    for (int n = 0; n < labels.length; n++) {
      confusion[labels[n]][largest(rates, n * classes, classes)]++;
    }
  }

  /** Index of the first largest of some values. */
  static int largest(float[] values, int from, int count) {
    int largest = 0;
    for (int c = 1; c < count; c++) {
      if (values[from + c] > values[from + largest]) {
        largest = c;
      }
    }
    return largest;
  }

  @Override
  public void close() {
    try (runs) {
      loader.close();
    }
  }
}
