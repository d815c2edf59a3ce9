package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.UsageException;
import org.klif.device.Buffer;
import org.klif.device.Device;
import org.klif.device.OptimizerStep;
import org.klif.neuron.NeuronOptions;

class NetworkTest {
  private static final String SMALL =
      "c8k3 bn klif mp2 | c16k3 bn klif mp2 | dp fc20 plif | fc10 bn sn | vote5";

  private final Device device = Nets.device();

  @AfterEach
  void close() {
    assertEquals(0, device.liveBuffers());
    device.close();
  }

  private static Network.Options options() {
    return Network.Options.of(3, 1, 8, 8);
  }

  @Test
  void parametersHaveTheNamesAndShapesOfTheUnfusedLayers() {
    try (Network network = Nets.network(device, SMALL, options())) {
      assertEquals(
          List.of(
              "0.conv.weight[8, 1, 3, 3]",
              "1.bn.weight[8]",
              "1.bn.bias[8]",
              "2.klif.k[]",
              "4.conv.weight[16, 8, 3, 3]",
              "5.bn.weight[16]",
              "5.bn.bias[16]",
              "6.klif.k[]",
              "9.fc.weight[20, 64]",
              "9.fc.bias[20]",
              "10.plif.w[]",
              "11.fc.weight[10, 20]",
              "12.bn.weight[10]",
              "12.bn.bias[10]",
              "13.klif.k[]"),
          network.parameters().stream().map(Parameter::toString).toList());
      assertEquals(
          List.of("1.bn.weight", "1.bn.bias", "1.bn.running_mean", "1.bn.running_var"),
          List.copyOf(network.state().keySet()).subList(1, 5));
      assertEquals(2, network.outputs());
    }
  }

  @Test
  void layersInsideABlockAreNamedByTheBlock() {
    try (Network network = Nets.network(device, "c4k3 sn res( c4k3 bn sn ) fc2 sn", options())) {
      assertEquals(
          List.of(
              "0.conv.weight",
              "1.klif.k",
              "2.res.0.conv.weight",
              "2.res.1.bn.weight",
              "2.res.1.bn.bias",
              "2.res.2.klif.k",
              "3.fc.weight",
              "3.fc.bias",
              "4.klif.k"),
          network.parameters().stream().map(Parameter::name).toList());
    }
  }

  /** In, behind and beyond blocks: what counts is the next neuron in the text. */
  @Test
  void theWeightOfATdbnStartsAtTheThresholdOfTheNextNeurons() {
    NeuronOptions neuron = NeuronOptions.of("lif").withSurrogate("sigmoid");
    String text =
        "c4k3 tdbn dp sn res( c4k3 bn tdbn klif{threshold=0.75} tdbn : c4k1 tdbn ) tdbn"
            + " tclif{values.threshold=0.25} res( fc256 tdbn : fc256 plif{threshold=3} ) fc2 tdbn";
    try (Network network = Nets.network(device, text, options().withNeuron(neuron))) {
      List<Float> firsts =
          network.parameters().stream()
              .filter(parameter -> parameter.name().endsWith("bn.weight"))
              .map(parameter -> parameter.values()[0])
              .toList();
      assertEquals(List.of(1f, 1f, 0.75f, 0.25f, 0.25f, 0.25f, 3f, 1f), firsts);
    }
    UsageException e =
        assertThrows(UsageException.class, () -> Nets.network(device, "fc9 tdbn ltlif", options()));
    assertEquals(
        "layer 1.tdbn 'tdbn': its weight starts at the threshold of the neurons behind it, and neuron ltlif declares no threshold; use bn",
        e.getMessage());
  }

  @Test
  void onePerChannelGivesAVector() {
    NeuronOptions neuron =
        new NeuronOptions(
            "klif", null, null, null, null, null, null, true, null, true, null, null, null,
            Map.of());
    try (Network network = Nets.network(device, "c4k3 sn fc7 sn", options().withNeuron(neuron))) {
      assertArrayEquals(new int[] {4}, network.parameters().get(1).shape());
      assertArrayEquals(new int[] {7}, network.parameters().get(4).shape());
      List<OptimizerStep.Segment> segments =
          network.segments(new SegmentOptions(0.1, false, 2, Set.of()));
      // weight: decayed, k: faster and held away from zero because the reset divides by it
      assertEquals(0.1, segments.get(0).weightDecay());
      assertEquals(1, segments.get(0).rateFactor());
      assertEquals(0, segments.get(0).smallestMagnitude());
      assertEquals(0, segments.get(1).weightDecay());
      assertEquals(2, segments.get(1).rateFactor());
      assertEquals(1e-3, segments.get(1).smallestMagnitude());
      segments.forEach(segment -> assertEquals(0, segment.offset() % 16));
      network
          .segments(new SegmentOptions(0.1, true, 2, Set.of()))
          .forEach(segment -> assertEquals(0.1, segment.weightDecay()));
    }
  }

  @Test
  void summaryCountsParametersNeuronsAndOperations() {
    try (Network network = Nets.network(device, SMALL, options().withConstantInput(true))) {
      List<LayerSummary> summary = network.summary();
      assertEquals(15, summary.size());
      assertEquals(
          new LayerSummary("0.conv", "c8k3", "8x8x8", 72, 0, 8 * 8 * 8 * 9, 1, false),
          summary.get(0));
      assertEquals(new LayerSummary("1.bn", "bn", "8x8x8", 16, 0, 0, 1, false), summary.get(1));
      assertEquals(
          new LayerSummary("2.klif", "klif", "8x8x8", 1, 512, 0, 3, false), summary.get(2));
      assertEquals(new LayerSummary("3.mp", "mp2", "8x4x4", 0, 0, 0, 3, true), summary.get(3));
      assertEquals(
          new LayerSummary("4.conv", "c16k3", "16x4x4", 1152, 0, 16 * 16 * 72, 3, true),
          summary.get(4));
      assertEquals(
          new LayerSummary("9.fc", "fc20", "20", 64 * 20 + 20, 0, 64 * 20, 3, true),
          summary.get(9));
      long total = summary.stream().mapToLong(LayerSummary::parameters).sum();
      assertEquals(network.parameters().stream().mapToLong(Parameter::size).sum(), total);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "c4k3 sn mp2 mp2 mp2 mp2; layer 5.mp 'mp2': a 2x2 pooling window does not fit an input of 1x1",
        "c4k1 mp1x9; layer 1.mp 'mp1x9': a 1x9 pooling window does not fit an input of 8x8; use",
        "c4k9x1p0; layer 0.conv 'c4k9x1p0': a 9x1 kernel does not fit an input of 8x8 with padding 0",
        "c4k1 mp11s1p1; layer 1.mp 'mp11s1p1': a 11x11 pooling window does not fit an input of 8x8 with padding 1",
        "c4k9p0; layer 0.conv 'c4k9p0': a 9x9 kernel does not fit an input of 8x8 with padding 0",
        "fc12 sn vote5; layer 2.vote 'vote5': 12 features cannot be cut into groups of 5",
        "c4k3 sn res( c8k3 sn );"
            + " layer 2.res 'res( c8k3 sn )': its input is 4x8x8 and its layers end with 8x8x8; y = x + f(x) needs equal shapes, or a shortcut",
        "c4k3 sn res( c8k3s2 sn : c8k1 ); layer 2.res 'res( c8k3s2 sn : c8k1 )': its body ends with"
            + " 8x4x4 and its shortcut with 8x8x8; give both the same channels, strides",
        "sn attend2( c4k1 : c4k1 mp2 : c4k1 ); layer 1.attend 'attend2( c4k1 : c4k1 mp2 : c4k1 )': its Q ends with"
            + " 4x8x8, its K with 4x4x4 and its V with 4x8x8; give all three the same channels, strides and pooling",
        "attend4( c6k1 : c6k1 : c6k1 ); layer 0.attend 'attend4( c6k1 : c6k1 : c6k1 )': 6 channels cannot be"
            + " shared out among 4 heads; use a number of heads that divides them",
        "attend4( c4k1 : c4k1 : c4k1 mp9 ); layer 0.attend.v.1.mp 'mp9': a 9x9 pooling window does not fit",
        "res( c8k3 : c8k1 mp9 ); layer 0.res.shortcut.1.mp 'mp9': a 9x9 pooling window does not fit",
        "c4k1 res( c64k3p10000 ); layer 1.res.0.conv 'c64k3p10000': it is too large: a layer's weights",
        "c4k50001p50000; layer 0.conv 'c4k50001p50000': it is too large",
        "c4k1 mp40000s1p39999; layer 1.mp 'mp40000s1p39999': it is too large",
        "c4k1 mp50000s1p49999; layer 1.mp 'mp50000s1p49999': it is too large",
        "up20000 gap; layer 0.up 'up20000': it is too large",
        "up16777216 gap; layer 0.up 'up16777216': it is too large",
        "fc100000nb fc100000nb; layer 1.fc 'fc100000': it is too large"
      })
  void shapesThatDoNotFitNameTheLayer(String text, String message) {
    KlifException e =
        assertThrows(KlifException.class, () -> Nets.network(device, text, options()));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  /** At 3 time steps of 64 values. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 24, 1 << 30})
  void aBatchThatCannotBeCountedIsRefused(int batch) {
    try (Network network = Nets.network(device, SMALL, options())) {
      UsageException e = assertThrows(UsageException.class, () -> network.plan(batch, true));
      assertEquals(
          "a batch of %d samples of 1x8x8 at T %d has more than 2147483647 values; use a smaller batch"
              .formatted(batch, 3),
          e.getMessage());
    }
  }

  @Test
  void stateGoesRound() {
    Map<String, NamedTensor> state;
    try (Network network = Nets.network(device, SMALL, options());
        NetworkPlan plan = network.plan(5, true)) {
      Nets.step(plan); // running statistics differ from their first values
      state = network.state();
    }
    assertNotEquals(1f, state.get("1.bn.running_var").data()[0]);
    try (Network other = Nets.network(device, SMALL, options().withSeed(99))) {
      assertFalse(
          Arrays.equals(
              state.get("0.conv.weight").data(), other.state().get("0.conv.weight").data()));
      other.load(state);
      other.state().forEach((k, v) -> assertArrayEquals(state.get(k).data(), v.data(), k));
    }
  }

  @Test
  void aStateOfAnotherNetworkIsRefusedAndChangesNothing() {
    try (Network network = Nets.network(device, SMALL, options())) {
      Map<String, NamedTensor> before = network.state();
      Map<String, NamedTensor> changed = new LinkedHashMap<>(before);
      changed.put("0.conv.weight", new NamedTensor(new int[] {8, 1, 3, 3}, new float[72]));

      Map<String, NamedTensor> missing = new LinkedHashMap<>(changed);
      missing.remove("13.klif.k");
      refused(network, missing, "13.klif.k is missing");

      Map<String, NamedTensor> unknown = new LinkedHashMap<>(changed);
      unknown.put("20.fc.bias", new NamedTensor(new int[] {1}, new float[1]));
      refused(network, unknown, "it holds 20.fc.bias");

      Map<String, NamedTensor> shape = new LinkedHashMap<>(changed);
      shape.put("12.bn.running_var", new NamedTensor(new int[] {3}, new float[3]));
      refused(network, shape, "12.bn.running_var has shape [3] there and [10] here");

      assertArrayEquals(
          before.get("0.conv.weight").data(), network.state().get("0.conv.weight").data());
    }
  }

  private static void refused(Network network, Map<String, NamedTensor> state, String why) {
    KlifException e = assertThrows(KlifException.class, () -> network.load(state));
    assertTrue(e.getMessage().contains("checkpoint of another network"), e.getMessage());
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void momentsAreSeenInCanonicalOrder() {
    try (Network network = Nets.network(device, "c5k3 sn fc3 sn", options());
        Buffer moments = device.allocate(network.parameterBuffer().size())) {
      for (Parameter parameter : network.parameters()) {
        float[] values = Nets.random(parameter.name(), parameter.size());
        network.setFlat(parameter, moments, values);
        assertArrayEquals(values, network.canonical(parameter, moments));
      }
      // another parameter's stretch was not touched
      Parameter first = network.parameters().get(0);
      assertArrayEquals(Nets.random(first.name(), first.size()), network.canonical(first, moments));
    }
  }
}
