package org.klif.verify;

import java.util.Random;
import java.util.function.Consumer;
import org.klif.device.Device;
import org.klif.neuron.NeuronOptions;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.nn.Parameter;

/**
 * Backward passes of whole networks, each made to join a few layers: what one operation hands to
 * the next, fused neuron units, constant inputs. Weights are small and biases positive, so that a
 * KLIF's ReLU stays on one side.
 */
final class NetworkGradients {
  private static final double STEP = 1.0 / 64;

  /** Behind a maximum a large shift moves it to another element: a kink. */
  private static final double STEP_WITH_MAXIMUM = 1.0 / 256;

  private static final int BATCH = 3;

  private record Case(String text, boolean constant, boolean perChannel) {
    double step() {
      return text.contains("mp") ? STEP_WITH_MAXIMUM : STEP;
    }
  }

  private static final Case[] CASES = {
    new Case("c3k3b c4k3s2p0b fc3", false, false),
    new Case("c4k3 bn fc4", false, false),
    new Case("fc8 sn fc4", false, false),
    new Case("fc8 bn sn fc4", false, false),
    new Case("c4k3 bn sn fc4", false, false),
    new Case("c4k3 bn sn fc4", false, true),
    new Case("c4k3 bn sn mp2 fc4", false, false),
    new Case("c4k3 bn sn ap2 fc4", false, false),
    new Case("c4k3 bn sn ap2 fc4", true, false),
    new Case("c4k3b sn mp3 fc4", true, false),
    new Case("c4k3 bn sn c5k3 bn sn ap2 fc6 sn vote2", false, false),
    new Case("c4k3 bn sn res( c4k3 bn sn ) fc4", false, false),
    new Case("c4k3 bn ap2 dp0.4 fc8 sn fc4 li3", true, false),
  };

  private final Device device;
  private final Consumer<GradientRow> rows;
  private final Random random = new Random(11);

  NetworkGradients(Device device, Consumer<GradientRow> rows) {
    this.device = device;
    this.rows = rows;
  }

  void check(String model) {
    for (Case one : CASES) {
      boolean klif = model.equals("klif");
      if (one.text().contains("sn") ? klif || !one.perChannel() : klif) {
        check(one, model);
      }
    }
  }

  private void check(Case one, String model) {
    NeuronOptions defaults = NeuronOptions.of(model);
    NeuronOptions neuron =
        new NeuronOptions(
            model,
            null,
            null,
            null,
            null,
            null,
            false,
            null,
            null,
            one.perChannel(),
            null,
            null,
            null);
    Network.Options options =
        Network.Options.of(3, 2, 6, 6)
            .withConstantInput(one.constant())
            .withNeuron(one.perChannel() ? neuron : attached(defaults))
            .withSmooth(true);
    String name =
        one.text().replace("sn", model)
            + (one.constant() ? ", constant" : "")
            + (one.perChannel() ? ", k per channel" : "");
    try (Network network = Network.create(device, NetworkSpec.parse(one.text()), options);
        NetworkPlan plan = network.plan(BATCH, true)) {
      initialise(network);
      plan.input().upload(normal((int) plan.inputShape().elements(), 1, 0));
      float[] functional = normal((int) plan.outputShape().elements(), 1, 0);
      plan.forward(true);
      plan.outputGradient().upload(functional);
      plan.backward();
      GradientRow worst = null;
      for (Parameter parameter : network.parameters()) {
        double error = error(plan, one.step(), parameter, functional);
        if (worst == null || !(error <= worst.error())) {
          worst = new GradientRow(name, parameter.name(), error, GradientCheck.TOLERANCE);
        }
      }
      rows.accept(worst);
    }
  }

  /** The same neuron with the gradient flowing through the reset, as finite differences see it. */
  private static NeuronOptions attached(NeuronOptions o) {
    return new NeuronOptions(
        o.model(), null, null, null, null, null, false, null, null, null, null, null, null);
  }

  private double error(NetworkPlan plan, double step, Parameter parameter, float[] functional) {
    float[] at = parameter.values();
    double error =
        Direction.error(
            at,
            step,
            parameter.gradients(),
            values -> {
              parameter.set(values);
              plan.forward(true);
              return OperationGradients.dot(functional, plan.output().toArray());
            },
            random);
    parameter.set(at);
    return error;
  }

  private void initialise(Network network) {
    for (Parameter parameter : network.parameters()) {
      int size = parameter.size();
      switch (parameter.group()) {
        case WEIGHT -> {
          int fanIn = size / parameter.shape()[0];
          parameter.set(normal(size, 0.5 / Math.sqrt(fanIn), 0));
        }
        case BIAS -> parameter.set(normal(size, 0.1, 1.2));
        case NORM ->
            parameter.set(normal(size, 0.05, parameter.name().endsWith("weight") ? 0.25 : 1.2));
        case NEURON -> parameter.set(normal(size, 0.1, parameter.name().endsWith("k") ? 1.1 : 0.1));
      }
    }
  }

  private float[] normal(int size, double spread, double middle) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (random.nextGaussian() * spread + middle);
    }
    return values;
  }
}
