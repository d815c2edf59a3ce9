package org.klif.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSource;
import org.klif.nn.Network;

/**
 * Which files the neurons and surrogates of a network came from, as checkpoints record it: weights
 * that were trained with one step mean nothing with another.
 *
 * @param byName the sources, by name
 */
record NeuronSources(Map<String, NeuronSource> byName) {
  /** In front of the name in a checkpoint's metadata; the value is the SHA-256 of the text. */
  private static final String KEY = "klif.neuron.";

  static NeuronSources of(Network network) {
    Map<String, NeuronSource> sources = new TreeMap<>();
    for (Neuron neuron : network.neurons()) {
      if (neuron instanceof Neuron.Custom custom) {
        sources.put(custom.model().name(), custom.model().source());
        if (custom.surrogate() != null) {
          sources.put(custom.surrogate().name(), custom.surrogate());
        }
      }
    }
    return new NeuronSources(sources);
  }

  void write(Map<String, String> metadata) {
    byName.forEach((name, source) -> metadata.put(KEY + name, source.sha256()));
  }

  /**
   * Refuses a checkpoint of another text.
   *
   * @throws KlifException naming the file and both hashes
   */
  void requireSame(Path checkpoint, Map<String, String> metadata) {
    for (Map.Entry<String, NeuronSource> entry : byName.entrySet()) {
      String trained = metadata.get(KEY + entry.getKey());
      NeuronSource source = entry.getValue();
      if (trained != null && !trained.equals(source.sha256())) {
        throw new KlifException(
            "%s was written with another text of %s (SHA-256 %.12s...) than that of %s (%.12s...); bring the old text back, or train anew with the new one"
                .formatted(checkpoint, entry.getKey(), trained, source.origin(), source.sha256()));
      }
    }
  }
}
