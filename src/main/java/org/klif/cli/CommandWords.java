package org.klif.cli;

import org.klif.KlifException;
import org.klif.neuron.NotAllowedException;

/** What the command line adds to what the library says: which option helps. */
public final class CommandWords {
  private CommandWords() {}

  /** The message of a failure as a command prints it. */
  public static String of(KlifException failure) {
    return failure instanceof NotAllowedException
        ? failure.getMessage() + ": the same command with --trust remembers it"
        : failure.getMessage();
  }
}
