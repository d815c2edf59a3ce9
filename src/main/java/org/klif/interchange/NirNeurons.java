package org.klif.interchange;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.neuron.Neuron;
import org.klif.neuron.Reset;

/**
 * Klif's neurons as nodes of NIR, whose equation is tau dv/dt = (v_leak - v) + r I. With Euler's
 * step, which is what frameworks take, that is v += a (v_leak - v) + a r I, a = dt / tau, so that a
 * discrete neuron is mapped exactly by tau = dt / a.
 *
 * <p>KLIF without its ReLU is v' = k (v + charge): an LIF with a = 1 - k (1 - 1/tau). Where the
 * ReLU can cut a potential below 0 no NIR node does the same, and the neuron is refused.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record NirNeurons(
    LayerNode layer, Neuron neuron, double[] parameter, double dt, List<Integer> shape) {
  /** |a| below which a KLIF neither leaks nor grows. */
  private static final double NO_LEAK = 1e-9;

  /**
   * The node of a layer of neurons.
   *
   * @param values k or w, or null
   * @param dt seconds of a time step
   * @param shape of the layer
   * @param steps T
   * @param neverNegative no input current of the layer can be below 0
   * @throws KlifException saying why NIR cannot express it
   */
  static NirNode node(
      String name,
      LayerNode layer,
      Neuron neuron,
      float @Nullable [] values,
      double dt,
      List<Integer> shape,
      int steps,
      boolean neverNegative) {
    double[] parameter = values == null ? new double[0] : Affine.doubles(values);
    NirNeurons mapping = new NirNeurons(layer, neuron, parameter, dt, shape);
    if (neuron.common().reset() instanceof Reset.Soft && !(neuron instanceof Neuron.Custom)) {
      throw mapping.refused(
          "its reset is soft (softReset), and a neuron of NIR is set to v_reset after a spike");
    }
    return mapping.node(name, steps, neverNegative);
  }

  private NirNode node(String name, int steps, boolean neverNegative) {
    double[] threshold = {neuron.common().threshold()};
    if (neuron instanceof Neuron.If) {
      return integrator(name, new double[] {1}, threshold);
    }
    if (neuron instanceof Neuron.Lif lif) {
      // tau, not dt / (1 / tau), so that it comes back to the bit
      return leaky(name, lif.tau() * dt, lif.decayInput() ? 1 : lif.tau(), threshold);
    }
    if (neuron instanceof Neuron.Plif plif) {
      // the float32 that the devices compute with
      double rate = (float) (1 / (1 + Math.exp(-parameter[0])));
      if (!(rate > 0)) {
        throw refused("its w is so low that 1/tau is 0");
      }
      return leaky(name, dt / rate, plif.decayInput() ? 1 : 1 / rate, threshold);
    }
    if (neuron instanceof Neuron.Klif klif) {
      requireNoRelu(klif, steps, neverNegative);
      return klif.scaleReset() ? scaled(name, klif) : klif(name, klif);
    }
    throw refused(
        "it is a neuron of a file (%s), whose equation no node of NIR has"
            .formatted(neuron.token()));
  }

  private void requireNoRelu(Neuron.Klif klif, int steps, boolean neverNegative) {
    for (double k : parameter) {
      if (!(k > 0)) {
        throw refused(
            "its k is %s, and with k of 0 or below its potential changes sign in each step"
                .formatted(k));
      }
    }
    boolean onlyFiringCounts = steps == 1 || klif.tau() == 1;
    boolean harmless =
        !klif.relu()
            || (neverNegative && klif.common().reset().restingPotential() >= 0)
            || (onlyFiringCounts && klif.common().threshold() > 0);
    if (!harmless) {
      throw refused(
          "its ReLU sets a potential below 0 to 0, which no node of NIR does; a KLIF with"
              + " neuron.relu=false, or whose input current cannot be negative, is an LIF of NIR");
    }
  }

  /** The reset reads F / k: an LIF that fires at threshold / k. */
  private NirNode scaled(String name, Neuron.Klif klif) {
    double[] threshold = parameter.clone();
    Arrays.setAll(threshold, i -> klif.common().threshold() / parameter[i]);
    return leaky(name, klif.tau() * dt, klif.decayInput() ? 1 : klif.tau(), threshold);
  }

  private NirNode klif(String name, Neuron.Klif klif) {
    double rate = 1 / klif.tau();
    double rest = klif.common().reset().restingPotential();
    int n = parameter.length;
    double[] tau = new double[n];
    double[] gain = new double[n];
    double[] leak = new double[n];
    double[] threshold = {klif.common().threshold()};
    int without = 0;
    for (int i = 0; i < n; i++) {
      double k = parameter[i];
      double a = 1 - k * (1 - rate);
      if (Math.abs(a) < NO_LEAK) {
        without++;
        continue;
      }
      if (a < 0) {
        throw refused(
            "with k = %s and tau = %s its potential grows by itself (k (1 - 1/tau) is above 1), so"
                    .formatted(k, klif.tau())
                + " that its time constant in NIR would be negative");
      }
      tau[i] = dt / a;
      gain[i] = (klif.decayInput() ? k * rate : k) / a;
      leak[i] = k * rate * rest / a;
    }
    if (without == 0) {
      return leaky(name, tau, gain, leak, threshold);
    }
    if (without < n || rest != 0) {
      throw refused(
          "with k = %s its potential neither leaks nor grows, which needs an IF node, but %s"
              .formatted(
                  1 / (1 - rate),
                  rest != 0 ? "its reset potential drifts" : "other channels leak"));
    }
    double[] k = parameter.clone();
    Arrays.setAll(k, i -> klif.decayInput() ? parameter[i] * rate : parameter[i]);
    return integrator(name, k, threshold);
  }

  private NirNode integrator(String name, double[] gain, double[] threshold) {
    double[] r = gain.clone();
    Arrays.setAll(r, i -> gain[i] / dt);
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("r", spread(r));
    tensors.put("v_threshold", spread(threshold));
    tensors.put("v_reset", spread(rest()));
    return NirNode.of(name, "IF", tensors);
  }

  private NirNode leaky(String name, double tau, double r, double[] threshold) {
    return leaky(name, new double[] {tau}, new double[] {r}, rest(), threshold);
  }

  private NirNode leaky(String name, double[] tau, double[] r, double[] leak, double[] threshold) {
    Map<String, NirTensor> tensors = new LinkedHashMap<>();
    tensors.put("tau", spread(tau));
    tensors.put("r", spread(r));
    tensors.put("v_leak", spread(leak));
    tensors.put("v_threshold", spread(threshold));
    tensors.put("v_reset", spread(rest()));
    return NirNode.of(name, "LIF", tensors);
  }

  private double[] rest() {
    return new double[] {neuron.common().reset().restingPotential()};
  }

  private NirTensor spread(double[] values) {
    return NirTensor.spread(NirTensor.Type.FLOAT64, shape, values);
  }

  private KlifException refused(String why) {
    return new KlifException(layer.where() + " cannot be a NIR node: " + why);
  }
}
