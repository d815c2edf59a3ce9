package org.klif.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;

/** Networks as NIR files and back: equal outputs; and what NIR has no node for. */
class NirRoundTripTest {
  private static final int STEPS = 5;
  private static final int BATCH = 4;

  @TempDir Path folder;

  private static NeuronOptions neuron(String model, String... settings) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String setting : settings) {
      values.put(
          setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
    }
    return neuron(model, values);
  }

  private static NeuronOptions neuron(String model, Map<String, String> values) {
    return new NeuronOptions(
        model,
        number(values.get("tau")),
        flag(values.get("decayInput")),
        number(values.get("threshold")),
        number(values.get("vReset")),
        flag(values.get("softReset")),
        null,
        flag(values.get("scaleReset")),
        number(values.get("k")),
        flag(values.get("perChannel")),
        flag(values.get("relu")),
        null,
        null,
        Map.of());
  }

  private static Double number(String text) {
    return text == null ? null : Double.valueOf(text);
  }

  private static Boolean flag(String text) {
    return text == null ? null : Boolean.valueOf(text);
  }

  private static Network create(Device device, String text, NeuronOptions neuron, int steps) {
    Network network =
        Network.create(
            device,
            NetworkSpec.parse(text),
            Network.Options.of(steps, 2, 8, 8).withNeuron(neuron).withSeed(5));
    // as if it had been trained: statistics, k and w away from where they start
    Random random = new Random(7);
    Map<String, NamedTensor> state = new LinkedHashMap<>(network.state());
    state.forEach(
        (name, tensor) -> {
          String role = name.substring(name.lastIndexOf('.') + 1);
          for (int i = 0; i < tensor.data().length; i++) {
            float noise = random.nextFloat() - 0.5f;
            tensor.data()[i] +=
                switch (role) {
                  case "running_mean", "bias", "w" -> 0.4f * noise;
                  case "running_var" -> 0.5f * noise;
                  case "k" -> 0.2f * noise;
                  // larger, so that all layers fire
                  case "weight" -> name.contains("bn") ? 1 + noise : 1.5f * tensor.data()[i];
                  default -> 0;
                };
          }
        });
    network.load(state);
    return network;
  }

  private static float[] outputs(Network network) {
    try (NetworkPlan plan = network.plan(BATCH, false)) {
      float[] input = new float[Math.toIntExact(plan.inputShape().elements())];
      Random random = new Random(11);
      for (int i = 0; i < input.length; i++) {
        // strong enough to fire through three layers
        input[i] = 4 * random.nextFloat();
      }
      plan.input().upload(input);
      plan.forward(false);
      return plan.output().toArray();
    }
  }

  /** Writes, reads, and compares the outputs; returns the text of the network that came back. */
  private String roundTrip(String text, NeuronOptions neuron) {
    Path file = folder.resolve("net.nir");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network one = create(device, text, neuron, STEPS)) {
      NirExport.write(file, one, NirExport.DEFAULT_DT, "");
      NirImport graph = NirImport.read(file, null);
      Map<String, String> settings = new LinkedHashMap<>();
      graph.settings().forEach((k, v) -> settings.put(k.substring("neuron.".length()), v));
      String model = settings.getOrDefault("model", "lif");
      try (Network other =
          Network.create(
              device,
              NetworkSpec.parse(graph.network()),
              Network.Options.of(STEPS, 2, 8, 8).withNeuron(neuron(model, settings)))) {
        graph.load(other);
        float[] expected = outputs(one);
        // 1e-6: weights that were folded are rounded once more; no spike may differ
        assertArrayEquals(expected, outputs(other), 1e-6f, text);
        float first = expected[0];
        boolean constant = true;
        for (float value : expected) {
          constant &= value == first;
        }
        assertTrue(!constant, "all outputs are " + first + ", which shows nothing");
      }
      return graph.network();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "lif, tau=2",
    "lif, tau=3 decayInput=false vReset=-0.1",
    "lif, tau=1.7 threshold=0.6 vReset=0.2",
    "plif, tau=2.5",
    "plif, tau=2.5 decayInput=false",
    "if, threshold=0.8",
    "klif, relu=false",
    "klif, relu=false tau=3.3 decayInput=false threshold=0.9 perChannel=true",
    "klif, relu=false vReset=0.1 tau=2.2",
    "klif, relu=false scaleReset=true perChannel=true vReset=-0.2",
  })
  void neurons(String model, String settings) {
    String back = roundTrip("c6k3b sn fc20b sn fc10 sn vote2", neuron(model, settings.split(" ")));
    assertTrue(back.endsWith(" vote2"), back);
  }

  @ParameterizedTest
  @CsvSource({
    "c6k3 bn lif mp2 c8k3s2p0b lif flat fc12b lif, c6k3b lif mp2 c8k3s2p0b lif flat fc12 lif",
    "c6k3x1s1x2b lif mp2x1 c4k2x3p0x1b lif ap1x2 fc5b lif, c6k3x1s1x2b lif mp2x1 c4k2x3p0x1b lif ap1x2 flat fc5 lif",
    "'c6k3b lif{threshold=0.5,vReset=-0.25} ap2 c8k3b lif{tau=3} fc5b if li3', c6k3b plif ap2 c8k3b plif flat fc5 if li3",
    "c6k3b lif gap fc5b li3, c6k3b lif ap8 flat fc5 li3",
    "c6k3b lif mp3s2p1 c4k3b lif ap3x2s1p1x0 fc5b li3, c6k3b lif mp3s2p1 c4k3b lif ap3x2s1p1x0 flat fc5 li3",
    "c6k3 lif ap2 bn lif fc10nb li3, c6k3 lif ap2 bn lif flat fc10nb li3",
    "c6k3b plif res( c6k3b if c6k3b plif ) res( c6k3b plif ) mp1, ",
    "c4k3b if res( res( c4k3b plif ) c4k3b if ) dp fc9b lif fc7b, ",
    "fc20 bn plif res( fc20b if ) fc6b plif, flat fc20 plif res( fc20 if ) fc6 plif",
    "bn fc12b if bn if, bn flat fc12 if fc12 if",
  })
  void layers(String text, String expected) {
    if (text.contains("mp1")) {
      // after a residual sum there are values other than 0 and 1
      assertTrue(
          assertThrows(KlifException.class, () -> roundTrip(text, neuron("lif")))
              .getMessage()
              .contains("'mp1' cannot be a NIR node: NIR has no maximum"));
      return;
    }
    String back = roundTrip(text, neuron("lif"));
    if (expected != null) {
      assertEquals(expected, back);
    }
    assertEquals(text.split("res\\(").length, back.split("res\\(").length, back);
  }

  @Test
  void upsamplingIsRefused() {
    assertEquals(
        "layer 2.up 'up2' cannot be a NIR node: NIR has no upsampling; export it for PyTorch, or"
            + " train a network without it",
        assertThrows(KlifException.class, () -> roundTrip("c4k1b if up2 fc3b if", neuron("lif")))
            .getMessage());
  }

  @Test
  void attentionIsRefused() {
    String message =
        assertThrows(
                KlifException.class,
                () -> roundTrip("c4k1b if attend2( if : c4k1b : if ) if fc3b", neuron("lif")))
            .getMessage();
    assertEquals(
        "layer 2.attend 'attend2( if : c4k1b : if )' cannot be a NIR node: NIR has no product of two"
            + " activations; export it for PyTorch, or train a network without attention",
        message);
  }

  /** Without a cast of the metadata: what others make of the same file. */
  @Test
  void whatIsInTheFile() {
    Path file = folder.resolve("net.nir");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network = create(device, "c3k3 bn lif mp2 fc4 lif", neuron("lif", "tau=3"), 2)) {
      NirExport.write(file, network, 1e-3, "config");
    }
    NirGraph graph = NirFile.read(file);
    assertEquals(
        Arrays.asList(
            "Input",
            "Conv2d",
            "LIF",
            "SumPool2d",
            "Threshold",
            "Flatten",
            "Affine",
            "LIF",
            "Output"),
        graph.nodes().values().stream()
            .sorted((a, b) -> order(graph, a).compareTo(order(graph, b)))
            .map(NirNode::type)
            .toList());
    NirTensor tau = graph.nodes().get("2_lif").tensors().get("tau");
    assertEquals(Arrays.asList(3, 8, 8), tau.shape());
    assertEquals(0.003, tau.data()[100], 1e-15);
    assertEquals(
        NirTensor.Type.FLOAT32, graph.nodes().get("0_conv").tensors().get("weight").type());
    assertEquals(Map.of("dt", 1e-3, "T", 2.0), graph.numbers());
    assertEquals("varying", graph.texts().get("klif_input"));
  }

  /** Place in the chain: how many nodes are ahead. */
  private static Integer order(NirGraph graph, NirNode node) {
    String name = node.name();
    for (NirGraph.Edge edge : graph.edges()) {
      if (edge.to().equals(name)) {
        return 1 + order(graph, graph.nodes().get(edge.from()));
      }
    }
    return 0;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "klif;;c2k3 klif fc3;its ReLU sets a potential below 0 to 0",
        "lif;softReset=true;c2k3 sn fc3;its reset is soft (softReset)",
        "klif;relu=false k=-0.5;c2k3 sn fc3;with k of 0 or below its potential changes sign",
        "klif;relu=false k=2.5;c2k3 sn fc3;its potential grows by itself",
        "lif;;c2k3 mp2 sn fc3;'mp2' cannot be a NIR node: NIR has no maximum",
        "lif;;c2k3 sn res( dp ) fc3;added to itself",
      })
  void refusals(String line) {
    String[] parts = line.split(";", -1);
    NeuronOptions options =
        parts[1].isEmpty() ? neuron(parts[0]) : neuron(parts[0], parts[1].split(" "));
    Path file = folder.resolve("refused.nir");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network = create(device, parts[2], options, 2)) {
      String message =
          assertThrows(
                  KlifException.class,
                  () -> NirExport.write(file, network, NirExport.DEFAULT_DT, ""))
              .getMessage();
      assertTrue(message.startsWith("layer ") && message.contains(parts[3]), message);
      assertTrue(Files.notExists(file));
    }
  }

  /** Where the ReLU of KLIF cannot change what happens later, a KLIF is an LIF. */
  @Test
  void harmlessRelu() {
    // one time step: after firing nothing follows
    Path file = folder.resolve("net.nir");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network one = create(device, "c4k3b klif fc6b klif", neuron("klif"), 1)) {
      NirExport.write(file, one, NirExport.DEFAULT_DT, "");
    }
    assertEquals("c4k3b klif flat fc6 klif", NirImport.read(file, null).network());
    // no negative input current, from spikes on
    NeuronOptions positive = neuron("klif");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network one = create(device, "if fc6b klif", positive, STEPS)) {
      Map<String, NamedTensor> state = new LinkedHashMap<>(one.state());
      for (String name : new String[] {"1.fc.weight", "1.fc.bias"}) {
        float[] data = state.get(name).data();
        for (int i = 0; i < data.length; i++) {
          data[i] = Math.abs(data[i]);
        }
      }
      one.load(state);
      NirExport.write(file, one, NirExport.DEFAULT_DT, "");
      state.get("1.fc.weight").data()[17] = -1;
      one.load(state);
      assertThrows(KlifException.class, () -> NirExport.write(file, one, NirExport.DEFAULT_DT, ""));
    }
  }
}
