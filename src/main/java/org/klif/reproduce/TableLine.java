package org.klif.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.klif.report.Statistics;

/**
 * One line of the table: the finished runs of one neuron on one row, which differ in the seed.
 *
 * @param key what the runs have in common
 * @param runs that are finished and measured, by seed
 * @param planned how many seeds the line is to have
 * @param difference to LIF with the same seeds; empty for LIF itself and where no seed is common
 * @param published figures to set beside it
 * @param wholeTest test samples of the whole data set; 0 where unknown
 */
record TableLine(
    LineKey key,
    List<FinishedRun> runs,
    int planned,
    Optional<PairedDifference> difference,
    List<PublishedFigure> published,
    int wholeTest) {

  TableLine {
    runs = List.copyOf(runs);
    published = List.copyOf(published);
  }

  /** Accuracies by seed, of the runs that have one. */
  static Map<Long, Double> accuracies(LineKey key, List<FinishedRun> runs) {
    Map<Long, Double> values = new TreeMap<>();
    for (FinishedRun run : runs) {
      run.accuracy(key).ifPresent(value -> values.put(run.seed(), value));
    }
    return values;
  }

  /** Accuracies by seed, 0 to 1. */
  Map<Long, Double> accuracies() {
    return accuracies(key, runs);
  }

  /** Of the accuracy that the protocol asks for, 0 to 1. */
  Statistics accuracy() {
    return Statistics.of(accuracies().values());
  }

  /** Of the last epoch on the test samples; NaN for protocol B, which looks at them once. */
  double lastEpoch() {
    return key.protocol() == Protocol.A ? mean(run -> run.watched().last()) : Double.NaN;
  }

  /** Of a run; all have as many. */
  int epochs() {
    return runs.isEmpty() ? 0 : runs.get(0).epochs();
  }

  /** Of training a run without evaluation, from the median epoch; NaN where no epoch was timed. */
  double minutes() {
    return epochs() * secondsPerEpoch() / 60;
  }

  /** Median of the runs' medians; NaN where no epoch was timed. */
  double secondsPerEpoch() {
    double[] sorted =
        runs.stream()
            .mapToDouble(FinishedRun::secondsPerEpoch)
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    int n = sorted.length;
    return n == 0 ? Double.NaN : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  /** Mean over the runs; NaN where one does not know it. */
  double mean(ToDoubleFunction<FinishedRun> value) {
    return runs.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  /** Parameters that are learned; the same in all runs. */
  long parameters() {
    return runs.isEmpty() ? 0 : runs.get(0).parameters();
  }

  /** k or tau by layer, mean over the runs that have the layer. */
  Map<String, Double> learned() {
    Set<String> names = new LinkedHashSet<>();
    runs.forEach(run -> names.addAll(run.learned().keySet()));
    Map<String, Double> means = new LinkedHashMap<>();
    for (String name : names) {
      List<Double> values = new ArrayList<>();
      for (FinishedRun run : runs) {
        Double value = run.learned().get(name);
        if (value != null) {
          values.add(value);
        }
      }
      means.put(name, Statistics.of(values).mean());
    }
    return means;
  }

  /** Test samples that the accuracies are of; 0 where no run knows. */
  int testSamples() {
    return runs.stream().mapToInt(run -> run.testSamples(key.protocol())).max().orElse(0);
  }

  /** Whether only a part of the data set's test samples was at hand. */
  boolean ofAPart() {
    return wholeTest > 0 && testSamples() > 0 && testSamples() < wholeTest;
  }
}
