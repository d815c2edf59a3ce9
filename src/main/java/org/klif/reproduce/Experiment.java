package org.klif.reproduce;

import org.klif.train.ConfigTree;
import org.klif.train.RunConfig;

/**
 * One run of the table.
 *
 * @param row what it belongs to
 * @param neuron klif, lif, plif or if
 * @param steps T
 * @param protocol how its accuracy is measured
 * @param seed of everything random
 */
record Experiment(TableRow row, String neuron, int steps, Protocol protocol, long seed) {
  /** Name of its folder, the same for everybody. */
  String id() {
    return "%s-%s-T%d-%s-s%d".formatted(row.name(), neuron, steps, protocol.letter(), seed);
  }

  /** The line of the table it belongs to. */
  LineKey line() {
    return new LineKey(row, neuron, steps, protocol);
  }

  /**
   * What is trained.
   *
   * @param device as in the option {@code --device}
   * @param dataFolder empty for the cache
   */
  RunConfig config(String device, String dataFolder) {
    String place = "row " + row.name();
    ConfigTree tree = ConfigTree.preset(row.preset());
    row.settings().forEach((key, value) -> tree.set(key, value, place));
    return tree.set("data", row.data(), place)
        .set("neuron.model", neuron, place)
        .set("T", Integer.toString(steps), place)
        .set("seed", Long.toString(seed), place)
        .set("threads", Integer.toString(row.threads()), place)
        .set("split", protocol.split(), place)
        .set("device", device, "--device " + device)
        .set("dataFolder", dataFolder, place)
        .build();
  }
}
