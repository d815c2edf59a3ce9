package org.klif.reproduce;

import java.nio.file.Files;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.klif.run.RunFolder;
import org.klif.run.RunMetrics;
import org.klif.sweep.RunOutcome;

/**
 * What the table takes from the folder of a finished run. Firing rate, operations and learned
 * parameters are those of the network after its last epoch.
 *
 * @param seed of the run
 * @param watched best and last accuracy on the samples that were watched while training
 * @param test the chosen checkpoint on the test samples; null for protocol A
 * @param samples that were watched
 * @param epochs that were trained
 * @param threads of a CPU
 * @param secondsPerEpoch median, training without evaluation; NaN where no epoch was timed
 * @param parameters that are learned
 * @param firingRate spikes per neuron-step, mean over the layers; NaN where unknown
 * @param operations synaptic operations for one sample; NaN where unknown
 * @param picojoules estimate for one sample; NaN where unknown
 * @param learned k or tau by layer, in network order; empty for neurons that learn none
 */
record FinishedRun(
    long seed,
    Watched watched,
    @Nullable TestScore test,
    int samples,
    int epochs,
    int threads,
    double secondsPerEpoch,
    long parameters,
    double firingRate,
    double operations,
    double picojoules,
    Map<String, Double> learned) {

  /**
   * Accuracies on the watched samples, 0 to 1.
   *
   * @param best of the epochs
   * @param bestEpoch of several the one with the lowest loss
   * @param last of the last epoch
   */
  record Watched(double best, int bestEpoch, double last) {}

  FinishedRun {
    learned = Collections.unmodifiableMap(new LinkedHashMap<>(learned));
  }

  /**
   * Reads a finished run of an experiment.
   *
   * @throws org.klif.KlifException when a file of the run is missing or damaged
   */
  static FinishedRun read(Experiment experiment, RunFolder folder) {
    RunMetrics metrics = RunMetrics.read(folder.metrics());
    RunSummary summary =
        Files.exists(folder.trace()) ? RunSummary.of(folder) : RunSummary.kept(folder.path());
    RunOutcome outcome = RunOutcome.read(folder.path());
    Watched watched =
        new Watched(outcome.bestTestAccuracy(), outcome.bestEpoch(), outcome.testAccuracy());
    Optional<TestScore> test =
        experiment.protocol() == Protocol.B
            ? TestScore.kept(folder, watched.bestEpoch())
            : Optional.empty();
    return new FinishedRun(
        experiment.seed(),
        watched,
        test.orElse(null),
        summary.samples(),
        outcome.epochs(),
        folder.readConfig().threads(),
        outcome.secondsPerEpoch().orElse(Double.NaN),
        summary.parameters(),
        metrics.lastFiringRate(),
        RunSummary.orNaN(summary.operations()),
        RunSummary.orNaN(summary.picojoules()),
        learned(metrics));
  }

  private static Map<String, Double> learned(RunMetrics metrics) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String prefix : new String[] {"k", "tau"}) {
      for (String layer : metrics.layers(prefix)) {
        double[] column = metrics.column(prefix + "." + layer);
        values.put(prefix + " of " + layer, column[column.length - 1]);
      }
    }
    return values;
  }

  /** The accuracy that a line asks for, 0 to 1; empty while B was not measured yet. */
  OptionalDouble accuracy(LineKey key) {
    if (key.protocol() == Protocol.A) {
      return OptionalDouble.of(key.row().lastEpoch() ? watched.last() : watched.best());
    }
    return test == null ? OptionalDouble.empty() : OptionalDouble.of(test.testAccuracy());
  }

  /** The number of test samples of the accuracy; 0 while it was not measured. */
  int testSamples(Protocol protocol) {
    return protocol == Protocol.A ? samples : test == null ? 0 : test.samples();
  }
}
