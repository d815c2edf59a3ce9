package org.klif.train;

import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.klif.config.RunConfig;
import org.klif.data.Augmentation;
import org.klif.data.BatchLoader;
import org.klif.data.CatalogueEntry;
import org.klif.data.Dataset;
import org.klif.device.Probe;
import org.klif.nn.Network;
import org.klif.nn.NeuronLayer;
import org.klif.nn.StepReadback;
import org.klif.shard.Parts;
import org.klif.shard.Shard;

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
  private final BatchSteps runs;
  private final @Nullable Shard shard;

  /** Plans the work; the data set stays the caller's. */
  public Evaluator(RunConfig config, CatalogueEntry entry, Network network, Dataset data) {
    this(config, entry, network, data, null);
  }

  /**
   * Shares the batches out: each is computed by one shard as it would be without shards, so that
   * the result has the same bits.
   *
   * @param shard who computes a part of the batches, or null for all
   */
  Evaluator(
      RunConfig config,
      CatalogueEntry entry,
      Network network,
      Dataset data,
      @Nullable Shard shard) {
    this.shard = shard;
    this.network = network;
    this.probe = network.device().probe();
    this.data = data;
    this.runs =
        BatchSteps.create(
            network, config.objective().plain(), data.size(), config.batch(), null, null);
    try {
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
    } catch (RuntimeException | Error e) {
      runs.close();
      throw e;
    }
  }

  /** Batches of one evaluation. */
  int batches() {
    return loader.batchesPerEpoch();
  }

  /** All samples. */
  public Evaluation run() {
    return run(() -> false).orElseThrow();
  }

  /** All samples, or nothing when it was stopped on the way (by any shard). */
  Optional<Evaluation> run(BooleanSupplier stop) {
    EvaluationSums sums = new EvaluationSums(loader.batchesPerEpoch(), data.classes(), layers());
    Parts parts = new Parts(loader.batchesPerEpoch(), shard == null ? 1 : shard.count());
    int own = shard == null ? 0 : shard.index();
    int end = parts.size(own) == 0 ? 0 : parts.first(own) + parts.size(own);
    long begin = System.nanoTime();
    StepReadback readings = network.readings();
    int number = parts.first(own);
    int started = number;
    int late = network.device().stepsAhead();
    try (BatchPrefetcher feed = new BatchPrefetcher(loader.epoch(0, number), runs, probe, late)) {
      while (number < end) {
        if (stop.getAsBoolean()) {
          sums.stop();
          break;
        }
        probe.beginStep(STEP);
        if (started < end) {
          feed.start();
          started++;
        }
        if (feed.due() || started == end) {
          BatchPrefetcher.Started batch = feed.finish();
          sums.count(batch.run().rates(), batch.labels());
          sums.batch(number++, batch.size(), readings);
        }
        probe.endStep();
      }
    }
    if (shard != null) {
      sums.join(shard);
    }
    double seconds = (System.nanoTime() - begin) * 1e-9;
    return sums.isStopped() ? Optional.empty() : Optional.of(sums.evaluation(data.size(), seconds));
  }

  private List<String> layers() {
    return runs.full().plan().neuronLayers().stream().map(NeuronLayer::name).toList();
  }

  /** Index of the first largest of some values. */
  public static int largest(float[] values, int from, int count) {
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
