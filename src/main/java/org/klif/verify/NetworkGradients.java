package org.klif.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Device;
import org.klif.device.RatePenalty;
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

  /**
   * Where activations are bfloat16. Up to 14 gradients are stored on the way through a case, each
   * off by up to 2^-8: at random sqrt(14) 2^-8 = 0.015, and a sum that cancels in part (k, w) is
   * off by up to twice that. What a layer loses, doubles or hands to the wrong place shows as 0.1
   * and more.
   */
  private static final double HALF_TOLERANCE = 0x1p-5;

  /**
   * With 16 bits the products of inputs and weights are multiples of 2^-6, so sums up to 4 are
   * numbers of bfloat16: neurons read the same on both devices, and spikes are equal. Behind the
   * batch norm that dropout reads numbers are rounded, which moves no spike of these draws.
   */
  private static final float INPUT_GRID = 0.5f;

  private static final float WEIGHT_GRID = 1f / 32;

  /** Sums over all neurons (k, w) cancel for one now and then, but not for all. */
  private static final int FUNCTIONALS = 8;

  private static final int BATCH = 3;

  /** Large beside functionals of order 1, so that what it loses shows. */
  private static final RatePenalty.Objective PENALTY = new RatePenalty.Objective(0.2, 200);

  private record Case(
      String text, boolean constant, boolean perChannel, RatePenalty.Objective penalty) {
    Case(String text, boolean constant, boolean perChannel) {
      this(text, constant, perChannel, RatePenalty.Objective.NONE);
    }

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
    new Case("c4k3 bn sn res( c4k3 bn sn{softReset=true} ) fc4", false, false),
    new Case("c4k3 bn sn res( c6k3s2b sn : c6k1s2b ) sn fc4", false, false),
    new Case("c4k1x3s1x2b sn mp1x3 c5k3x1p0x1b sn ap2x1 fc4", false, false),
    new Case("c4k3 bn sn{threshold=0.6,vReset=-0.2} gap fc4", true, false),
    new Case("c4k3 bn ap2 dp0.4 fc8 sn fc4 li3", true, false),
  };

  /** Each has draws of its own, so that the cases above keep theirs. */
  private static final Case[] LATER_CASES = {
    new Case("c4k3 bn sn attend2( c4k1 : c4k1b sn : c4k1 ) fc4", false, false),
    new Case("c4k3 bn sn ap2 up2x1 c3k3 bn sn fc4", false, false),
    // neurons fused with batch norm and pooling, in a block, alone, and as the last layer
    new Case("c4k3 bn sn mp2 res( c4k3 bn sn ) ap3 fc8b sn fc4 sn", true, false, PENALTY),
  };

  private final Device device;
  private final Device exact;
  private final boolean half;
  private final Consumer<GradientRow> rows;
  private final Random random = new Random(11);

  NetworkGradients(Device device, Device exact, Consumer<GradientRow> rows) {
    this.device = device;
    this.exact = exact;
    this.half = device.activationType().isHalf();
    this.rows = rows;
  }

  void check(String model) {
    for (Case one : CASES) {
      boolean klif = model.equals("klif");
      if (one.text().contains("sn") ? klif || !one.perChannel() : klif) {
        check(one, model);
      }
    }
    for (Case one : LATER_CASES) {
      new NetworkGradients(device, exact, rows).check(one, model);
    }
  }

  private void check(Case one, String model) {
    Network.Options options =
        Network.Options.of(3, 2, 6, 6)
            .withConstantInput(one.constant())
            .withNeuron(attached(model, one.perChannel()))
            .withRatePenalty(one.penalty())
            .withSmooth(!half);
    String name =
        one.text().replace("sn", model)
            + (one.constant() ? ", constant" : "")
            + (one.perChannel() ? ", k per channel" : "")
            + (one.penalty().isNone() ? "" : ", rates penalised");
    NetworkSpec spec = NetworkSpec.parse(one.text());
    try (Network network = Network.create(device, spec, options);
        NetworkPlan plan = network.plan(BATCH, true)) {
      initialise(network);
      network.beginStep(0);
      rows.accept(half ? besideExact(name, network, plan) : differences(name, one, network, plan));
    }
  }

  private GradientRow differences(String name, Case one, Network network, NetworkPlan plan) {
    float[] x = normal((int) plan.inputShape().elements(), 1, 0);
    float[] functional = normal((int) plan.outputShape().elements(), 1, 0);
    run(plan, x, functional);
    GradientRow worst = null;
    for (Parameter parameter : network.parameters()) {
      double error = error(network, plan, one, parameter, functional);
      worst = worse(worst, new GradientRow(name, parameter.name(), error, GradientCheck.TOLERANCE));
    }
    return worst;
  }

  private GradientRow besideExact(String name, Network network, NetworkPlan plan) {
    float[] x = normal((int) plan.inputShape().elements(), 1, 0);
    onGrid(x, INPUT_GRID);
    float[][] functionals = new float[FUNCTIONALS][];
    for (int i = 0; i < FUNCTIONALS; i++) {
      float[] functional = normal((int) plan.outputShape().elements(), 1, 0);
      functionals[i] = RandomNeurons.rounded(functional, device.activationType());
    }
    GradientRow worst = null;
    try (Network right = Network.create(exact, network.spec(), network.options());
        NetworkPlan rightPlan = right.plan(BATCH, true)) {
      right.beginStep(0);
      for (int i = 0; i < network.parameters().size(); i++) {
        right.parameters().get(i).set(network.parameters().get(i).values());
      }
      List<float[]> expected = gradients(right, rightPlan, x, functionals);
      List<float[]> actual = gradients(network, plan, x, functionals);
      for (int i = 0; i < network.parameters().size(); i++) {
        String parameter = network.parameters().get(i).name();
        double error = Direction.difference(actual.get(i), expected.get(i));
        worst = worse(worst, new GradientRow(name, parameter, error, HALF_TOLERANCE));
      }
    }
    return worst;
  }

  private static GradientRow worse(@Nullable GradientRow worst, GradientRow row) {
    return worst == null || !(row.error() <= worst.error()) ? row : worst;
  }

  /** Each parameter's gradients of all functionals, one after the other. */
  private static List<float[]> gradients(
      Network network, NetworkPlan plan, float[] x, float[][] functionals) {
    List<float[]> all = new ArrayList<>();
    for (Parameter parameter : network.parameters()) {
      all.add(new float[FUNCTIONALS * parameter.size()]);
    }
    for (int f = 0; f < FUNCTIONALS; f++) {
      run(plan, x, functionals[f]);
      for (int i = 0; i < all.size(); i++) {
        float[] one = network.parameters().get(i).gradients();
        System.arraycopy(one, 0, all.get(i), f * one.length, one.length);
      }
    }
    return all;
  }

  private static void run(NetworkPlan plan, float[] x, float[] functional) {
    plan.input().upload(x);
    plan.forward(true);
    plan.outputGradient().upload(functional);
    plan.backward();
  }

  /**
   * A neuron of a model with the gradient flowing through the reset, as finite differences see it.
   */
  private static NeuronOptions attached(String model, boolean perChannel) {
    Boolean own = perChannel ? Boolean.TRUE : null;
    return new NeuronOptions(
        model, null, null, null, null, null, false, null, null, own, null, null, null, Map.of());
  }

  private double error(
      Network network, NetworkPlan plan, Case one, Parameter parameter, float[] functional) {
    float[] at = parameter.values();
    double error =
        Direction.error(
            at,
            one.step(),
            parameter.gradients(),
            values -> {
              parameter.set(values);
              plan.forward(true);
              return OperationGradients.dot(functional, plan.output().toArray())
                  + penalty(network, plan, one.penalty());
            },
            random);
    parameter.set(at);
    return error;
  }

  /** In float64, from the rates of the last forward pass. */
  private static double penalty(
      Network network, NetworkPlan plan, RatePenalty.Objective objective) {
    if (objective.isNone()) {
      return 0;
    }
    network.readings().download();
    double sum = 0;
    for (int layer = 0; layer < plan.neuronLayers().size(); layer++) {
      double off = network.readings().rate(layer) - objective.target();
      sum += off * off;
    }
    return objective.strength() * sum;
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
      if (half
          && (parameter.group() == Parameter.Group.WEIGHT
              || parameter.group() == Parameter.Group.BIAS)) {
        float[] values = parameter.values();
        onGrid(values, WEIGHT_GRID);
        parameter.set(values);
      }
    }
  }

  private static void onGrid(float[] values, float grid) {
    for (int i = 0; i < values.length; i++) {
      values[i] = grid * Math.round(values[i] / grid);
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
