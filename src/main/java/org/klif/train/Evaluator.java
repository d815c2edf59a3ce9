package org.klif.train;

import com.google.common.primitives.Ints;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.klif.data.Augmentation;
import org.klif.data.Batch;
import org.klif.data.BatchLoader;
import org.klif.data.CatalogueEntry;
import org.klif.data.Dataset;
import org.klif.data.Epoch;
import org.klif.nn.Network;
import org.klif.nn.NeuronLayer;

/** Runs a network over a data set in evaluation mode: running statistics, no dropout. */
public final class Evaluator implements AutoCloseable {
  private final Dataset data;
  private final BatchLoader loader;
  private final BatchRuns runs;

  /** Plans the work; the data set stays the caller's. */
  public Evaluator(RunConfig config, CatalogueEntry entry, Network network, Dataset data) {
    this.data = data;
    this.runs = BatchRuns.create(network, config.lossKind(), data.size(), config.batch(), false);
    this.loader =
        new BatchLoader(
            data,
            Math.min(config.batch(), data.size()),
            config.seed(),
            false,
            Augmentation.none(),
            entry.normalisation(),
            1);
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
    try (Epoch epoch = loader.epoch(0, 0)) {
      while (epoch.hasNext()) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        Batch batch = epoch.next();
        BatchRun run = runs.of(batch.size());
        run.upload(batch);
        BatchRun.Outcome outcome = run.forward(false);
        loss += outcome.loss() * batch.size();
        correct += outcome.correct();
        count(confusion, run.rates(), batch);
        for (NeuronLayer layer : run.plan().neuronLayers()) {
          spikes.merge(layer.name(), activity(layer)[0] * (double) batch.size(), Double::sum);
        }
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

  private static void count(int[][] confusion, float[] rates, Batch batch) {
    int classes = confusion.length;
    for (int n = 0; n < batch.size(); n++) {
      confusion[batch.labels()[n]][largest(rates, n * classes, classes)]++;
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

  /** Mean spikes per neuron-step, and mean |gradient|. */
  static float[] activity(NeuronLayer layer) {
    float[] activity = new float[2];
    layer.activity().download(0, activity, 0, activity.length);
    return activity;
  }

  @Override
  public void close() {
    try (runs) {
      loader.close();
    }
  }
}
