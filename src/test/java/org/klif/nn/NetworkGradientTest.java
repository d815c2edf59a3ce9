package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.Device;
import org.klif.neuron.NeuronOptions;

/** Backward against central differences, with spikes replaced by the surrogate's primitive. */
class NetworkGradientTest {
  /** Small, so that few kinks (ReLU of KLIF, maximum of a window) lie within a step. */
  private static final float H = 1e-3f;

  @ParameterizedTest
  @CsvSource({
    "c6k3 bn klif mp2 c5k3b bn klif ap2 fc9 klif fc6 bn lif vote2, false",
    "c6k3 bn klif mp2 c5k3b bn klif ap2 fc9 klif fc6 bn lif vote2, true",
    "c4k3 bn ap2 fc6 plif fc4 if, true",
    "c4k3 bn mp3 flat fc6 plif fc4 bn li, false",
    "c4k3 sn res( c4k3 bn sn c4k3 bn ) sn ap2 res( dp0.3 c4k1b sn ) fc4 li3, false",
    "c4k3b res( c4k3 bn sn ) sn mp2 fc4 sn, true",
    "c4k3b res( c4k3 bn ) bn res( sn ) fc4 sn dp0.4 fc6 vote3, true",
    "res( c2k3 bn ) res( dp0.2 ) fc4, true",
    "dp0.5 flat fc8 sn dp0.5 fc4 sn, false",
    "sn fc4 sn, false"
  })
  void agrees(String text, boolean constant) {
    NeuronOptions neuron =
        new NeuronOptions(
            "klif", null, null, 0.4, null, true, false, null, null, null, null, "sigmoid", 2.0);
    Network.Options options =
        Network.Options.of(3, 2, 7, 8)
            .withNeuron(neuron)
            .withSmooth(true)
            .withConstantInput(constant);
    try (Device device = Nets.device();
        Network network = Nets.network(device, text, options);
        NetworkPlan plan = network.plan(4, true)) {
      Nets.step(plan);
      float[] weights = Nets.random("gradient", plan.output().size());
      for (Parameter parameter : network.parameters()) {
        float[] analytic = parameter.gradients();
        float[] values = parameter.values();
        float[] direction = direction(parameter.name(), analytic);
        parameter.set(moved(values, direction, H));
        plan.forward(true);
        double above = Nets.dot(weights, plan.output().toArray());
        parameter.set(moved(values, direction, -H));
        plan.forward(true);
        double below = Nets.dot(weights, plan.output().toArray());
        parameter.set(values);
        double expected = (above - below) / (2 * H);
        double found = Nets.dot(analytic, direction);
        double norm = Math.sqrt(Nets.dot(analytic, analytic));
        assertTrue(norm > 0, () -> parameter + " has no gradient");
        // float32 outputs of size 1 summed over some hundred values, divided by 2 h: 1e-3;
        // kinks within h: 1 % of the gradient's size
        assertEquals(expected, found, 1e-3 + 0.01 * norm, parameter::toString);
      }
      assertEquals(0, device.firstNonFinite(network.gradientBuffer()) + 1);
    }
  }

  /** Unit vector: half along the gradient, half at random, so that neither hides an error. */
  private static float[] direction(String name, float[] gradient) {
    float[] random = Nets.random("along " + name, gradient.length);
    double scale = Math.sqrt(Nets.dot(random, random) / Nets.dot(gradient, gradient));
    float[] sum = new float[gradient.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (float) (random[i] + scale * gradient[i]);
    }
    double norm = Math.sqrt(Nets.dot(sum, sum));
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= (float) norm;
    }
    return sum;
  }

  private static float[] moved(float[] values, float[] direction, float by) {
    float[] moved = values.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += by * direction[i];
    }
    return moved;
  }
}
