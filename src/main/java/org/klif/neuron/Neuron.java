package org.klif.neuron;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.UsageException;

/**
 * A spiking neuron model: its parameters and nothing else. The arithmetic of charge, fire and reset
 * is the device's (docs/MATH.md; arXiv 2302.09238 for KLIF).
 */
public sealed interface Neuron
    permits Neuron.Klif, Neuron.Lif, Neuron.Plif, Neuron.If, Neuron.Custom {

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
        throw new InvalidOption("threshold", "the threshold must be a number, not " + threshold);
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
        throw new InvalidOption("k", "k must be a number, not " + k);
      }
      if (scaleReset && Math.abs(k) < SMALLEST_K) {
        throw new InvalidOption(
            "k",
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

  /**
   * A neuron of the user's own, from a file (docs/EXTENDING.md). Its kernels are compiled for the
   * device at hand, with the constants and the surrogate inside them; its backward pass is derived
   * from its step.
   *
   * <p>In a {@code NeuronUnit} its learned numbers are one buffer, see {@link
   * NeuronModel#learnedSize}; its states are S planes of (N, H, W, C) after each other; {@code
   * charged} is the argument of the last {@code spike(u)} of a step, so that a neuron fires where
   * it is at or above 0; {@code potential} is the first state. Pooling is not fused with it.
   *
   * @param common of it only the surrogate counts; the threshold is 0, see above
   * @param model what the file declares
   * @param values of constants, by name: those that differ from the file's
   * @param surrogate a surrogate of the user's own instead of common's curve (its alpha counts), or
   *     null
   */
  record Custom(
      Common common,
      NeuronModel model,
      Map<String, Double> values,
      @Nullable NeuronSource surrogate)
      implements Neuron {
    /** Checks names and bounds of the constants. */
    public Custom {
      values = Map.copyOf(values);
      for (Map.Entry<String, Double> entry : values.entrySet()) {
        NeuronModel.Constant constant =
            model.constants().stream()
                .filter(c -> c.name().equals(entry.getKey()))
                .findFirst()
                .orElseThrow(
                    () ->
                        new UsageException(
                            "neuron %s has no constant '%s'; it has: %s"
                                .formatted(
                                    model.name(),
                                    entry.getKey(),
                                    String.join(
                                        ", ",
                                        model.constants().stream()
                                            .map(NeuronModel.Constant::name)
                                            .toList()))));
        double value = entry.getValue();
        if (!(value >= constant.lower() && value <= constant.upper()) || Double.isInfinite(value)) {
          throw new UsageException(
              "%s of neuron %s must be a number from %s to %s, not %s"
                  .formatted(
                      constant.name(), model.name(), constant.lower(), constant.upper(), value));
        }
      }
    }

    /** With the file's constants and a curve of the surrogate. */
    public static Custom of(NeuronModel model, Surrogate surrogate) {
      return new Custom(new Common(0, new Reset.Hard(0), false, surrogate), model, Map.of(), null);
    }

    /** Value of a constant. */
    public double value(NeuronModel.Constant constant) {
      return values.getOrDefault(constant.name(), constant.value());
    }

    @Override
    public String token() {
      return model.name();
    }
  }

  /** True when the model has learned parameters. */
  default boolean hasParameter() {
    return this instanceof Klif
        || this instanceof Plif
        || (this instanceof Custom custom && !custom.model().learned().isEmpty());
  }

  /** True when the input is multiplied by 1/tau; models without a tau have it false. */
  default boolean decayInput() {
    return false;
  }

  private static void requireTau(double tau) {
    if (!(tau >= 1) || Double.isInfinite(tau)) {
      throw new InvalidOption("tau", "tau must be a number of at least 1, not " + tau);
    }
  }
}
