package org.klif.neuron;

/** What happens to the membrane potential after a spike. */
public sealed interface Reset {

  /**
   * V = F (1 - S) + value S.
   *
   * @param value the reset potential
   */
  record Hard(double value) implements Reset {
    /** Checks that the potential is a number. */
    public Hard {
      if (!Double.isFinite(value)) {
        throw new InvalidOption(
            "vReset", "vReset must be a number or null (soft reset), not " + value);
      }
    }
  }

  /** V = F - S threshold; the reset potential in the charge is 0. */
  record Soft() implements Reset {}

  /** The potential a neuron starts from and decays to. */
  default double restingPotential() {
    return this instanceof Hard hard ? hard.value() : 0.0;
  }
}
