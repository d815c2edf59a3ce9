package org.klif.train;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.klif.config.ConfigTree;
import org.klif.config.RunConfig;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.nn.NetworkSpec;

/**
 * The settings that a network was trained with, as its checkpoints record them: with others in
 * config.yaml its weights are those of another network.
 */
final class TrainedWith {
  static final String NETWORK = "network";

  /** Names, places and devices: a run may be moved. */
  static final Set<String> FREE =
      Set.of(
          "preset",
          "dataFolder",
          "threads",
          "device",
          "precision",
          "fast",
          "graph",
          "gpuMemory",
          "keepCharged");

  /** What training alone depends on; a trained network is the same without it. */
  static final Set<String> OF_TRAINING =
      Set.of(
          "epochs",
          "batch",
          "seed",
          "shards",
          "syncBatchNorm",
          "loss",
          "labelSmoothing",
          "tetLambda",
          "firingRate.target",
          "firingRate.strength",
          "dropout",
          "initialisation",
          "augmentation",
          "mixup",
          "cutmix",
          "events.augmentation",
          "split",
          "schedule");

  private static final String OPTIMIZER = "optimizer.";
  private static final String NEURON = "neuron.";

  /**
   * Texts by key, all written out; a file's path is its name, as its content is recorded elsewhere
   * ({@link NeuronSources}).
   */
  static Map<String, String> of(RunConfig config, NeuronLibrary neurons) {
    Map<String, String> values =
        new TreeMap<>(ConfigTree.values(config.complete().withValues(neurons)));
    values.keySet().removeAll(FREE);
    values.keySet().removeIf(key -> key.startsWith("macros.")); // they are in the network's text
    values.put(NETWORK, text(network(config)));
    String surrogate = config.complete().neuron().surrogate();
    values.put("neuron.model", text(NeuronSource.nameOf(config.neuron().model())));
    if (surrogate != null) {
      values.put("neuron.surrogate", text(NeuronSource.nameOf(surrogate)));
    }
    return values;
  }

  /** The network's text without macros; where a neuron's file was says nothing of the run. */
  static String network(RunConfig config) {
    return NetworkSpec.withFiles(config.networkSpec().text(), NeuronSource::nameOf);
  }

  /** As it is in config.yaml; blanks in a row count as one. */
  static String text(String value) {
    return TextNode.valueOf(value.strip().replaceAll("\\s+", " ")).toString();
  }

  /**
   * The first setting that differs, in words.
   *
   * @param goesOn training goes on, so that settings of training count, too
   */
  static Optional<String> difference(
      Map<String, String> trained, Map<String, String> now, boolean goesOn) {
    Set<String> keys = new TreeSet<>(trained.keySet());
    // a key that is newer than the checkpoint says nothing, but all of a neuron's are there
    if (trained.keySet().stream().anyMatch(key -> key.startsWith(NEURON))) {
      now.keySet().stream().filter(key -> key.startsWith(NEURON)).forEach(keys::add);
    }
    for (String key : keys) {
      boolean counts = goesOn || !(OF_TRAINING.contains(key) || key.startsWith(OPTIMIZER));
      String then = trained.getOrDefault(key, "nothing");
      String here = now.getOrDefault(key, "nothing");
      if (counts && !then.equals(here)) {
        return Optional.of("%s %s, but config.yaml says %s".formatted(key, then, here));
      }
    }
    return Optional.empty();
  }

  private TrainedWith() {}
}
