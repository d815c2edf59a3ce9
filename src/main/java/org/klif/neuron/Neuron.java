package org.klif.neuron;

import org.klif.UsageException;

/**
 * A spiking neuron model: its parameters and nothing else. The arithmetic of charge, fire and reset
 * is the device's (docs/MATH.md; arXiv 2302.09238 for KLIF).
 */
public sealed interface Neuron permits Neuron.Klif, Neuron.Lif, Neuron.Plif, Neuron.If {

  /** What all models share. */
  Common common();

  /** Name in configurations: klif, lif, plif, if. */
  String token();

  /**
   * Parameters that every model has.
   *
   * @param threshold V_th, the potential at which a neuron fires (F = threshold fires)
   * @param reset hard or soft
   * @param detachReset true: no gradient flows through the spike inside the reset
   * @param surrogate stand-in for the derivative of the spike
   */
  record Common(double threshold, Reset reset, boolean detachReset, Surrogate surrogate) {
    /** Checks that the threshold is a number. */
    public Common {
      if (!Double.isFinite(threshold)) {
        throw new UsageException("the threshold must be a number, not " + threshold);
      }
    }
  }

  /**
   * KLIF: H = charge, F = ReLU(k H), fires and resets from F; k is learned. Without the ReLU, an
   * ablation, F = k H, and with k = 1 the neuron is an LIF.
   *
   * @param tau membrane time constant, at least 1
   * @param decayInput true: the input is divided by tau
   * @param scaleReset true: the reset uses F / k
   * @param k initial value of k
   * @param perChannel one k per channel instead of one per layer
   * @param relu false: F = k H, so that potentials below 0 stay and pass gradient
   */
  record Klif(
      Common common,
      double tau,
      boolean decayInput,
      boolean scaleReset,
      double k,
      boolean perChannel,
      boolean relu)
      implements Neuron {
    /** With scaleReset the reset divides by k, so k may not be near zero. */
    public static final double SMALLEST_K = 1e-3;

    /** Checks tau and k. */
    public Klif {
      requireTau(tau);
      if (!Double.isFinite(k)) {
        throw new UsageException("k must be a number, not " + k);
      }
      if (scaleReset && Math.abs(k) < SMALLEST_K) {
        throw new UsageException(
            "scaleReset divides by k, so |k| must be at least %s, not %s"
                .formatted(SMALLEST_K, Math.abs(k)));
      }
    }

    /** The paper's neuron, with its ReLU. */
    public Klif(
        Common common,
        double tau,
        boolean decayInput,
        boolean scaleReset,
        double k,
        boolean perChannel) {
      this(common, tau, decayInput, scaleReset, k, perChannel, true);
    }

    @Override
    public String token() {
      return "klif";
    }
  }

  /**
   * LIF: F = H.
   *
   * @param tau membrane time constant, at least 1
   * @param decayInput true: the input is divided by tau
   */
  record Lif(Common common, double tau, boolean decayInput) implements Neuron {
    /** Checks tau. */
    public Lif {
      requireTau(tau);
    }

    @Override
    public String token() {
      return "lif";
    }
  }

  /**
   * PLIF: 1/tau = sigmoid(w), w is learned.
   *
   * @param w initial value of w
   * @param decayInput true: the input is multiplied by 1/tau
   */
  record Plif(Common common, double w, boolean decayInput) implements Neuron {
    /** Checks w. */
    public Plif {
      if (!Double.isFinite(w)) {
        throw new UsageException("w must be a number, not " + w);
      }
    }

    @Override
    public String token() {
      return "plif";
    }
  }

  /** IF: H = V + X, no decay. */
  record If(Common common) implements Neuron {
    @Override
    public String token() {
      return "if";
    }
  }

  /** True when the model has a learned parameter (k or w). */
  default boolean hasParameter() {
    return this instanceof Klif || this instanceof Plif;
  }

  private static void requireTau(double tau) {
    if (!(tau >= 1) || Double.isInfinite(tau)) {
      throw new UsageException("tau must be a number of at least 1, not " + tau);
    }
  }
}
