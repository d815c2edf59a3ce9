package org.klif.neuron;

import org.klif.KlifException;

/**
 * A neuron's file is code that the user has not allowed to run; how to do so is the caller's to
 * say.
 */
public final class NotAllowedException extends KlifException {
  private static final long serialVersionUID = 1L;

  /** One sentence that says which file, and how to look at it. */
  NotAllowedException(String message) {
    super(message);
  }
}
