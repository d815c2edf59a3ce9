package org.klif.cli;

import com.google.common.base.Ascii;
import java.util.List;
import org.klif.UsageException;
import org.klif.config.Nearest;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.neuron.file.Trust;

/** Names of neurons on the command line. */
final class NeuronNames {
  /** What --neuron takes, for the help. */
  static final String OPTION =
      "klif, lif, plif, if, alif, eif, glif, cubalif, clif, ltlif, tclif, dalif, or the file of one of your own.";

  /**
   * The default options of a neuron, named or by the path of its file; an unknown one is a usage
   * error with a suggestion.
   */
  static NeuronOptions options(String name) {
    if (NeuronSource.isFile(name)) {
      return NeuronOptions.of(name);
    }
    String model = Ascii.toLowerCase(name);
    NeuronLibrary.requireKnown(model, Nearest::suggestion);
    return NeuronOptions.of(model);
  }

  /**
   * The options of a neuron whose kernels are written by hand.
   *
   * @param instead the command for the others
   */
  static NeuronOptions byHand(String name, String instead) {
    NeuronOptions chosen = options(name);
    if (!chosen.builtIn()) {
      throw new UsageException(
          "the kernels of neuron %s are derived from its file; use %s %s"
              .formatted(chosen.name(), instead, name));
    }
    return chosen;
  }

  /** The neuron with its defaults; where it is a file, the command line names it. */
  static Neuron neuron(NeuronOptions options, Console console) {
    Trust trust = new TrustOption().naming(List.of(options.model()), console);
    NeuronLibrary library =
        NeuronLibrary.read(List.of(options.model()), options.surrogate(), null, trust);
    trust.require(library.sources());
    return library.neuron(options);
  }

  private NeuronNames() {}
}
