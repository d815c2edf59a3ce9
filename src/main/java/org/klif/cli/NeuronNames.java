package org.klif.cli;

import org.klif.UsageException;
import org.klif.neuron.NeuronOptions;
import org.klif.train.Nearest;

/** Names of neurons on the command line. */
final class NeuronNames {
  /** The default options of a model; an unknown one is a usage error with a suggestion. */
  static NeuronOptions options(String name) {
    if (!NeuronOptions.MODELS.contains(name)) {
      throw new UsageException(
          "--neuron '%s' is unknown%s; known are %s"
              .formatted(
                  name,
                  Nearest.suggestion(name, NeuronOptions.MODELS),
                  String.join(", ", NeuronOptions.MODELS)));
    }
    return NeuronOptions.of(name);
  }

  private NeuronNames() {}
}
