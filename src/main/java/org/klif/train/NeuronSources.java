package org.klif.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
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

  static NeuronSources of(NeuronLibrary library) {
    Map<String, NeuronSource> sources = new TreeMap<>();
    library.sources().forEach(source -> sources.put(source.name(), source));
    return new NeuronSources(sources);
  }

  void write(Map<String, String> metadata) {
    byName.forEach((name, source) -> metadata.put(KEY + name, source.sha256()));
  }

  /**
   * Refuses files whose text is another one than the checkpoint's.
   *
   * @throws KlifException naming the file, and by which hash the right one is known
   */
  void requireUnchanged(Path checkpoint, Map<String, String> metadata) {
    for (NeuronSource source : byName.values()) {
      String trained = metadata.get(KEY + source.name());
      if (trained != null && !trained.equals(source.sha256())) {
        throw new KlifException(
            "%s has changed since %s was trained with it: its SHA-256 is %s, that of the file then was %s; bring that file back, or train anew with this one"
                .formatted(source.origin(), checkpoint, source.sha256(), trained));
      }
    }
  }

  /**
   * Refuses a checkpoint of other files.
   *
   * @throws KlifException naming the file, and by which hash the right one is known
   */
  void requireSame(Path checkpoint, Map<String, String> metadata) {
    requireUnchanged(checkpoint, metadata);
    for (NeuronSource source : byName.values()) {
      if (!metadata.containsKey(KEY + source.name())) {
        throw new KlifException(
            "%s was written without a file %s.cuh, so it is of another network than that of %s"
                .formatted(checkpoint, source.name(), source.origin()));
      }
    }
    for (String key : metadata.keySet()) {
      if (key.startsWith(KEY) && !byName.containsKey(key.substring(KEY.length()))) {
        throw new KlifException(
            "%s was trained with a file %s.cuh, which the network here does not use"
                .formatted(checkpoint, key.substring(KEY.length())));
      }
    }
  }
}
