package org.klif.reproduce;

import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;

/**
 * One run of the table.
 *
 * @param row what it belongs to
 * @param neuron klif, lif, plif or if
 * @param steps T
 * @param protocol how its accuracy is measured
 * @param seed of everything random
 * @param precision of the device
 */
record Experiment(
    TableRow row, String neuron, int steps, Protocol protocol, long seed, String precision) {
  /** In the row's precision. */
  Experiment(TableRow row, String neuron, int steps, Protocol protocol, long seed) {
    this(row, neuron, steps, protocol, seed, row.precision());
  }

  /** Name of its folder, the same for everybody. */
  String id() {
    String id = "%s-%s-T%d-%s-s%d".formatted(row.name(), neuron, steps, protocol.letter(), seed);
    return precision.equals(row.precision()) ? id : id + "-" + precision;
  }

  /** The line of the table it belongs to. */
  LineKey line() {
    return new LineKey(row, neuron, steps, protocol, precision);
  }

  /**
   * What is trained.
   *
   * @param device as in the option {@code --device}
   * @param threads of a CPU for one run; 0 for all
   * @param dataFolder empty for the cache
   */
  RunConfig config(String device, int threads, String dataFolder) {
    String place = "row " + row.name();
    ConfigTree tree = ConfigTree.preset(row.preset());
    row.settings().forEach((key, value) -> tree.set(key, value, place));
    return tree.set("data", row.data(), place)
        .set("neuron.model", neuron, place)
        .set("T", Integer.toString(steps), place)
        .set("seed", Long.toString(seed), place)
        .set("threads", Integer.toString(threads), place)
        .set("precision", precision, "--precision " + precision)
        .set("split", protocol.split(), place)
        .set("device", device, "--device " + device)
        .set("dataFolder", dataFolder, place)
        .build();
  }
}
