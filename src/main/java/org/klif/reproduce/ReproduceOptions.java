package org.klif.reproduce;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.klif.UsageException;
import org.klif.device.Precision;
import org.klif.neuron.NeuronOptions;

/**
 * What {@code klif reproduce} is asked for.
 *
 * @param scale small, fast or full
 * @param rows their names; empty for all of the scale
 * @param protocols in the order in which they are run
 * @param neurons in place of the table file's; empty for these
 * @param seeds in place of the table file's; empty for these
 * @param precision in place of the rows'; empty for these
 * @param threads of a CPU for one run, in place of the rows'; empty for these
 * @param results folder of finished runs that are kept, if given
 * @param data folder under which the data sets are found, if given
 * @param device as in the option {@code --device}
 * @param jobs runs at once; 0 for as many as the processors allow
 * @param budget most time to spend on training, if given
 */
public record ReproduceOptions(
    String scale,
    List<String> rows,
    List<Protocol> protocols,
    List<String> neurons,
    List<Long> seeds,
    Optional<String> precision,
    OptionalInt threads,
    Optional<Path> results,
    Optional<Path> data,
    String device,
    int jobs,
    Optional<Duration> budget) {

  /** Checks what needs no table. */
  public ReproduceOptions {
    rows = List.copyOf(rows);
    protocols = List.copyOf(protocols);
    neurons = List.copyOf(neurons);
    seeds = List.copyOf(seeds);
    for (String neuron : neurons) {
      if (!NeuronOptions.MODELS.contains(neuron)) {
        throw new UsageException(
            "--neurons: '%s' is unknown; known are %s"
                .formatted(neuron, String.join(", ", NeuronOptions.MODELS)));
      }
    }
    precision.ifPresent(Precision::parse);
    if (threads.isPresent() && threads.getAsInt() < 1) {
      throw new UsageException("--threads must be at least 1, not " + threads.getAsInt());
    }
    if (jobs < 0) {
      throw new UsageException("--jobs must be at least 1, not " + jobs);
    }
    if (budget.isPresent() && budget.get().toSeconds() < 1) {
      throw new UsageException("--budget must be at least a second");
    }
  }

  /**
   * The runs of these rows, the most wanted first: protocol by protocol, row by row, seed by seed,
   * so that whatever is done at some moment has its neurons side by side.
   */
  List<Experiment> experiments(List<TableRow> tableRows) {
    List<Experiment> all = new ArrayList<>();
    for (Protocol protocol : protocols) {
      for (TableRow row : tableRows) {
        for (int steps : row.steps()) {
          for (long seed : seeds.isEmpty() ? row.seeds() : seeds) {
            for (String neuron : neurons.isEmpty() ? row.neurons() : neurons) {
              String ofRun = precision.orElse(row.precision());
              all.add(new Experiment(row, neuron, steps, protocol, seed, ofRun));
            }
          }
        }
      }
    }
    return all;
  }

  /** Of a CPU for one run of a row; 0 for all. */
  int threads(TableRow row) {
    return threads.orElse(row.threads());
  }
}
