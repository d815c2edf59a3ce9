package org.klif.neuron;

import org.klif.UsageException;

/**
 * A value of {@link NeuronOptions} that no neuron takes; knows which one it is, so that a
 * configuration can say where it was set.
 */
public final class InvalidOption extends UsageException {
  private static final long serialVersionUID = 1L;

  private final String option;

  public InvalidOption(String option, String message) {
    super(message);
    this.option = option;
  }

  /** Its name among the {@link NeuronOptions}. */
  public String option() {
    return option;
  }
}
