package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.OptimizerStep;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronModel;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.NeuronSource;
import org.klif.neuron.file.NeuronFile;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.optim.Optimizer;
import org.klif.optim.OptimizerOptions;
import org.klif.testing.Allowed;
import org.klif.testing.HostCompiler;

/** Neurons from files in networks. */
class OwnNeuronNetworkTest {
  /** Nothing is detached, so that differences of the forward pass are the gradients. */
  private static final String TWO =
      """
      template <class Real>
      struct Two {
        Constant<Real> threshold = 0.4;
        Learned<Real> tau = {2.0, atLeast(1.5), atMost(2.5)};
        Learned<Real> beta = {0.3, softplus, perChannel};
        Learned<Real> rho = {0.8, sigmoid};
        State<Real> v = 0.125;
        State<Real> a = 0.25;

        __device__ Real step(Real x, Spike<Real> spike) {
          v += (x - v) / tau;
          Real s = spike(v - threshold - beta * a);
          a = rho * a + s;
          v = v * (1 - s);
          return s;
        }
      };
      """;

  private static final NeuronModel MODEL = NeuronFile.parse(Allowed.source("two", "two.cuh", TWO));
  private static final NeuronLibrary LIBRARY = new NeuronLibrary(Map.of("two", MODEL), Map.of());

  @BeforeEach
  void requireCompiler() {
    HostCompiler.require();
  }

  /** Where the networks are. */
  Device open(int threads) {
    return Devices.open("cpu", new DeviceOptions(threads));
  }

  private static Network network(Device device, String text, Network.Options options) {
    Network network = Network.create(device, NetworkSpec.parse(text, Set.of("two")), options);
    network.beginStep(0);
    return network;
  }

  private static Network.Options options(boolean smooth) {
    // for lif and klif beside it, whose resets are smooth and not detached then
    Boolean soft = smooth ? true : null;
    Boolean detach = smooth ? false : null;
    NeuronOptions neuron =
        new NeuronOptions(
            "two", null, null, 0.4, null, soft, detach, null, null, null, null, "sigmoid", 2.0,
            Map.of());
    return Network.Options.of(3, 2, 7, 8)
        .withNeuron(neuron)
        .withNeurons(LIBRARY)
        .withSmooth(smooth);
  }

  @ParameterizedTest
  @CsvSource({
    "c6k3 bn two mp2 c5k3b bn sn ap2 fc9 two fc6 bn lif vote2, true",
    "c4k3b res( c4k3 bn sn ) sn ap3 fc4 klif, false"
  })
  void gradientsAreThoseOfDifferences(String text, boolean constant) {
    try (Device device = open(2);
        Network network = network(device, text, options(true).withConstantInput(constant));
        NetworkPlan plan = network.plan(4, true)) {
      GradientDifferences.check(network, plan);
      assertEquals(0, device.firstNonFinite(network.gradientBuffer()) + 1);
    }
  }

  @Test
  void everyLearnedParameterHasItsNameShapeAndFirstValue() {
    try (Device device = open(1);
        Network network = network(device, "c6k3 bn two mp2 fc4 two", options(false))) {
      assertEquals(
          List.of(
              "0.conv.weight[6, 2, 3, 3]",
              "1.bn.weight[6]",
              "1.bn.bias[6]",
              "2.two.tau[]",
              "2.two.beta[6]",
              "2.two.rho[]",
              "4.fc.weight[4, 72]",
              "4.fc.bias[4]",
              "5.two.tau[]",
              "5.two.beta[4]",
              "5.two.rho[]"),
          network.parameters().stream().map(Parameter::toString).toList());
      Parameter beta = network.parameters().get(4);
      // log(exp(0.3) - 1)
      assertEquals(-1.0502256, beta.values()[5], 1e-6);
      assertEquals(6 + 2, network.summary().get(2).parameters());
    }
  }

  @Test
  void aLayerMayHaveValuesOfItsOwn() {
    String text = "c6k3 bn two{values.threshold=0.2,values.rho=0.5} mp2 fc4 two";
    try (Device device = open(1);
        Network network = network(device, text, options(false));
        NetworkPlan plan = network.plan(1, true)) {
      List<Double> thresholds =
          plan.neuronLayers().stream()
              .map(layer -> (Neuron.Custom) layer.neuron())
              .map(neuron -> neuron.value(neuron.model().constants().get(0)))
              .toList();
      assertEquals(List.of(0.2, 0.4), thresholds);
      assertEquals(0, network.parameters().get(5).values()[0], 1e-7); // sigmoid(0) = 0.5
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "fc4 two{values.gamma=1}; layer 1.two 'two{values.gamma=1}': it says values.gamma, and neuron two has threshold, tau, beta, rho",
        "fc4 two{vReset=1}; layer 1.two 'two{vReset=1}': it says vReset, and neuron two has threshold",
        "fc4 two{values.tau=9}; layer 1.two 'two{values.tau=9}': tau of neuron two must be a number from 1.5 to 2.5"
      })
  void aLayersUnknownValueIsRefused(String text, String message) {
    try (Device device = open(1)) {
      UsageException e =
          assertThrows(UsageException.class, () -> network(device, text, options(false)));
      assertTrue(e.getMessage().startsWith(message), e.getMessage());
    }
  }

  /** After each step, however far the gradient would take them. */
  @Test
  void boundsHold() {
    try (Device device = open(1);
        Network network = network(device, "c6k3 bn two mp2 fc4 two", options(false));
        NetworkPlan plan = network.plan(4, true);
        Optimizer optimizer =
            new Optimizer(network, OptimizerOptions.of(OptimizerStep.Rule.SGD, 50))) {
      boolean moved = false;
      for (int i = 0; i < 4; i++) {
        Nets.step(plan);
        optimizer.step(50);
        for (int p : new int[] {3, 8}) {
          float tau = network.parameters().get(p).values()[0];
          assertTrue(tau >= 1.5f && tau <= 2.5f, "tau " + tau);
          moved |= tau == 1.5f || tau == 2.5f;
        }
      }
      assertTrue(moved, "no bound was reached");
    }
  }

  /** The states of each step begin where those of the step before ended. */
  @Test
  void aStreamGivesWhatTheWholeSequenceGives() {
    String text = "c6k3 bn two mp2 fc9 cubalif fc6 two";
    try (Device device = open(1);
        Network network = network(device, text, options(false));
        NetworkPlan plan = network.plan(2, false);
        StreamingPlan stream = network.stream(2, true)) {
      float[] input = Nets.random("input", plan.input().size());
      plan.input().upload(input);
      plan.forward(false);
      float[] whole = plan.output().toArray();
      int in = input.length / 3;
      int out = whole.length / 3;
      for (int round = 0; round < 2; round++) {
        for (int t = 0; t < 3; t++) {
          stream.input().upload(java.util.Arrays.copyOfRange(input, t * in, (t + 1) * in));
          stream.step();
          assertArrayEquals(
              java.util.Arrays.copyOfRange(whole, t * out, (t + 1) * out),
              stream.output().toArray());
        }
        stream.reset();
      }
    }
  }

  @Test
  void bitsDoNotDependOnThreads() {
    float[][] gradients = new float[2][];
    for (int i = 0; i < 2; i++) {
      try (Device device = open(1 + 2 * i);
          Network network = network(device, "alif mp2 cubalif two", options(false));
          NetworkPlan plan = network.plan(6, true)) {
        Nets.step(plan);
        gradients[i] = network.gradientBuffer().toArray();
      }
    }
    assertArrayEquals(gradients[0], gradients[1]);
  }

  private static NeuronModel renamed(String name, String as) {
    NeuronSource source = NeuronFile.shipped(name).source();
    return NeuronFile.parse(Allowed.source(as, as + ".cuh", source.text()));
  }

  /** klif.cuh and lif.cuh beside the neurons written by hand: the same spikes and gradients. */
  @Test
  void theFileOfABuiltInNeuronTakesItsPlace() {
    NeuronLibrary files =
        new NeuronLibrary(
            Map.of("aklif", renamed("klif", "aklif"), "alif", renamed("lif", "alif")), Map.of());
    String text = "c6k3 bn klif mp2 fc9 lif fc6 klif";
    Network.Options plain = Network.Options.of(3, 2, 7, 8);
    try (Device device = open(1);
        Network byHand = network(device, text, plain);
        Network derived =
            Network.create(
                device,
                NetworkSpec.parse(
                    text.replace("klif", "aklif").replace(" lif", " alif"), Set.of("aklif")),
                plain.withNeurons(files));
        NetworkPlan one = byHand.plan(4, true);
        NetworkPlan two = derived.plan(4, true)) {
      assertEquals(
          byHand.parameters().toString().replace(".klif", ".aklif"),
          derived.parameters().toString());
      for (int i = 0; i < byHand.parameters().size(); i++) {
        derived.parameters().get(i).set(byHand.parameters().get(i).values());
      }
      Nets.step(one);
      Nets.step(two);
      assertArrayEquals(one.output().toArray(), two.output().toArray());
      for (int i = 0; i < byHand.parameters().size(); i++) {
        float[] expected = byHand.parameters().get(i).gradients();
        float[] found = derived.parameters().get(i).gradients();
        double norm = Math.sqrt(Nets.dot(expected, expected));
        for (int j = 0; j < expected.length; j++) {
          // the same terms, added in another order
          assertEquals(expected[j], found[j], 1e-5 * (1 + norm), byHand.parameters().get(i).name());
        }
      }
    }
  }

  @Test
  void whatNoNeuronHasIsRefused() {
    NeuronOptions chosen = NeuronOptions.of("two");
    assertRefused(
        chosen.withValues(Map.of("gamma", 1.0)),
        "neuron.values.gamma: no neuron of the network declares it; neuron two has"
            + " threshold, tau, beta, rho");
    assertRefused(
        chosen.withValues(Map.of("tau", 9.0)),
        "tau of neuron two must be a number from 1.5 to 2.5, not 9.0");
    assertRefused(
        new NeuronOptions(
            "two", null, null, null, 0.5, null, null, null, null, null, null, null, null, Map.of()),
        "neuron.vReset: no neuron of the network declares it; neuron two has threshold,"
            + " tau, beta, rho");
  }

  private void assertRefused(NeuronOptions neuron, String message) {
    Network.Options options =
        Network.Options.of(3, 2, 7, 8).withNeurons(LIBRARY).withNeuron(neuron);
    try (Device device = open(1)) {
      assertEquals(
          message,
          assertThrows(UsageException.class, () -> network(device, "fc4 sn", options).close())
              .getMessage());
      assertEquals(0, device.liveBuffers());
    }
  }
}
