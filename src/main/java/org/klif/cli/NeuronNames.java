package org.klif.cli;

import com.google.common.base.Ascii;
import org.klif.UsageException;
import org.klif.neuron.NeuronOptions;
import org.klif.train.Nearest;

/** Names of neurons on the command line. */
final class NeuronNames {
  /** The default options of a model; an unknown one is a usage error with a suggestion. */
  static NeuronOptions options(String name) {
    String model = Ascii.toLowerCase(name);
    if (!NeuronOptions.MODELS.contains(model)) {
      throw new UsageException(
          "unknown neuron '%s'%s; known are %s"
              .formatted(
                  name,
                  Nearest.suggestion(model, NeuronOptions.MODELS),
                  String.join(", ", NeuronOptions.MODELS)));
    }
    return NeuronOptions.of(model);
  }

  private NeuronNames() {}
}
