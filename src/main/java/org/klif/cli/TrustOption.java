package org.klif.cli;

import java.util.Collection;
import java.util.Set;
import org.klif.neuron.file.Trust;
import picocli.CommandLine.Option;

/** The option of the commands that may be given neurons' files of strangers. */
final class TrustOption {
  @Option(
      names = "--trust",
      description =
          "Run the neurons' files that the run or the file names: they are code, so read them first."
              + " Remembered, by their text.")
  boolean trust;

  /** Where the command line names no neuron's file. */
  Trust ofCommand(Console console) {
    return naming(Set.of(), console);
  }

  /**
   * Where it names some, which is a permission.
   *
   * @param files that it names
   */
  Trust naming(Collection<String> files, Console console) {
    return Trust.of(files, trust, line -> console.err().println("klif: warning: " + line));
  }
}
