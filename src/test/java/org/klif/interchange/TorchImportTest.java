package org.klif.interchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.nn.NamedTensor;
import org.klif.nn.Network;
import org.klif.nn.NetworkPlan;
import org.klif.nn.NetworkSpec;
import org.klif.testing.Shared;

/** State dicts of PyTorch and SpikingJelly: what goes where, and what is refused. */
class TorchImportTest {
  private static final String SMALL = "c2k3 bn klif mp2 fc3 plif";

  @TempDir Path folder;

  /** The parameters of the golden networks under PyTorch's names give the rates computed there. */
  @ParameterizedTest
  @ValueSource(strings = {"net_adam", "net_adam_static"})
  void goldenNetworks(String name) throws IOException {
    JsonNode golden =
        new ObjectMapper().readTree(Shared.require().resolve("golden/" + name + ".json").toFile());
    StateDict dict = new StateDict();
    golden
        .get("initial_params")
        .properties()
        .forEach(e -> dict.add(e.getKey(), ints(e.getValue().get("shape")), data(e.getValue())));
    Path file = dict.write(folder.resolve("golden.safetensors"));
    boolean isStatic = golden.get("static_input").asBoolean();
    Network.Options options = Network.Options.of(4, 1, 8, 8).withConstantInput(isStatic);
    String pool = golden.get("pool").asText().equals("max") ? "mp2" : "ap2";
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network =
            Network.create(
                device, NetworkSpec.parse("c4k3 bn klif " + pool + " fc10b klif"), options)) {
      List<TorchImport.Mapped> table = TorchImport.load(file, network);
      assertEquals(9, table.size(), "seven tensors, and two statistics that are not in the file");
      assertEquals("klif1.k", table.get(5).torch());
      double[] x = data(golden.get("x"));
      try (NetworkPlan plan = network.plan(3, true)) {
        // one channel, so channels last is the same order
        float[] input = new float[Math.toIntExact(plan.inputShape().elements())];
        IntStream.range(0, input.length).forEach(i -> input[i] = (float) x[i]);
        plan.input().upload(input);
        plan.forward(true);
        // spikes are 0 and 1 and T is 4: the mean is exact, and no spike may differ
        assertArrayEquals(
            data(golden.get("steps").get(0).get("rate")), rates(plan.output().toArray(), 4), 0);
      }
    }
  }

  private static double[] rates(float[] output, int steps) {
    double[] rates = new double[output.length / steps];
    for (int i = 0; i < output.length; i++) {
      rates[i % rates.length] += output[i] / steps;
    }
    return rates;
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static double[] data(JsonNode tensor) {
    return StreamSupport.stream(tensor.get("data").spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  private static double[] filled(int n, double value) {
    double[] values = new double[n];
    Arrays.fill(values, value);
    return values;
  }

  /** A state dict of {@link #SMALL} over an image of 4x4. */
  private static StateDict small() {
    return new StateDict()
        .add("conv_fc.1.bias", new int[] {2}, 3, 4)
        .add("conv_fc.1.num_batches_tracked", "I64", new int[0], 7)
        .add("conv_fc.1.running_mean", "F64", new int[] {2}, 5, 6)
        .add("conv_fc.1.running_var", new int[] {2}, 7, 8)
        .add("conv_fc.1.weight", "BF16", new int[] {2}, 1.5, -2)
        .add("conv_fc.0.weight", new int[] {2, 1, 3, 3}, filled(18, 0.25))
        .add("conv_fc.2.k", new int[0], 1.25)
        .add("conv_fc.5.weight", new int[] {3, 8}, filled(24, 0.5))
        .add("conv_fc.5.bias", new int[] {3}, filled(3, 0.125))
        .add("conv_fc.6.w", new int[] {1}, 0.75);
  }

  private Map<String, NamedTensor> load(String spec, Path file) {
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network =
            Network.create(device, NetworkSpec.parse(spec), Network.Options.of(2, 1, 4, 4))) {
      TorchImport.load(file, network);
      return new LinkedHashMap<>(network.state());
    }
  }

  @Test
  void typesAndScalars() throws IOException {
    Map<String, NamedTensor> state = load(SMALL, small().write(folder.resolve("a")));
    assertArrayEquals(new float[] {1.5f, -2}, state.get("1.bn.weight").data());
    assertArrayEquals(new float[] {5, 6}, state.get("1.bn.running_mean").data());
    assertArrayEquals(new float[] {1.25f}, state.get("2.klif.k").data());
    assertArrayEquals(new float[] {0.75f}, state.get("5.plif.w").data());
    assertEquals(0.125f, state.get("4.fc.bias").data()[2]);
  }

  /** Eleven layers, so that "10" would come ahead of "2" by the alphabet. */
  @Test
  void numbersInNamesCountAsNumbers() throws IOException {
    StateDict dict = new StateDict();
    for (int i : new int[] {0, 10, 2, 4, 6, 8}) {
      dict.add("net." + i + ".weight", new int[] {1, 1, 1, 1}, i);
    }
    Map<String, NamedTensor> state =
        load("c1k1 if c1k1 if c1k1 if c1k1 if c1k1 if c1k1", dict.write(folder.resolve("a")));
    for (int i = 0; i <= 10; i += 2) {
      assertEquals(i, state.get(i + ".conv.weight").data()[0]);
    }
  }

  /** Names that say nothing of the order: then the file's own order counts, where shapes fit. */
  @Test
  void namesWithoutAnOrder() throws IOException {
    StateDict dict =
        new StateDict()
            .add("zeta.weight", new int[] {2, 1, 1, 1}, filled(2, 1))
            .add("alpha.weight", new int[] {3, 2, 1, 1}, filled(6, 2));
    Map<String, NamedTensor> state = load("c2k1 if c3k1 if", dict.write(folder.resolve("a")));
    assertEquals(1, state.get("0.conv.weight").data()[0]);
    assertEquals(2, state.get("2.conv.weight").data()[0]);
  }

  @Test
  void oneSentenceForEachTensorThatDoesNotFit() throws IOException {
    StateDict dict =
        new StateDict()
            .add("0.weight", new int[] {2, 1, 5, 5}, filled(50, 1))
            .add("0.bias", new int[] {2}, 1, 1)
            .add("1.weight", new int[] {2}, 1, 1)
            .add("2.k", new int[0], 1)
            .add("4.k", new int[0], 1)
            .add("9.weight", "I64", new int[] {3, 8}, filled(24, 1));
    String message = refusal("c2k3 bn klif fc3nb plif", dict.write(folder.resolve("a")));
    assertContains(
        message, "0.weight has shape [2, 1, 5, 5], but layer 0.conv expects [2, 1, 3, 3]");
    assertContains(message, "0.bias has no place: layer 0.conv has no bias (write b behind");
    assertContains(message, "1 has no bias, but layer 1.bn expects one of shape [2]");
    assertContains(message, "4.k has no layer: the network has only 1 (module with k)");
    assertContains(message, "layer 4.plif expects w [], but the file has no such one");
    assertContains(message, "9.weight has shape [3, 8], but layer 3.fc expects [3, 32]");
    assertEquals(7, message.lines().count(), message);
  }

  @Test
  void valuesThatAreNoNumbers() throws IOException {
    StateDict dict = small().add("x.k", new int[0], Double.NaN);
    Path file = dict.write(folder.resolve("a"));
    String message = refusal("c2k3 bn klif mp2 klif fc3 plif", file);
    assertEquals(file + ": element 0 of x.k is NaN", message);
  }

  @Test
  void filesThatAreCutShort() throws IOException {
    byte[] bytes = small().bytes();
    for (int length = 0; length < bytes.length; length += 37) {
      Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, length));
      String message = refusal(SMALL, file);
      assertTrue(message.startsWith(file + " is damaged: "), message);
      assertEquals(1, message.lines().count(), message);
    }
  }

  /** Q, K and V have weights of one shape: only their names tell them apart. */
  @Test
  void attentionThereAndBack() {
    String text = "c4k1 if attend2( c4k1 bn if : c4k1 bn if : c4k1 bn if ) bn if fc3";
    Path file = folder.resolve("out.safetensors");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network one =
            Network.create(
                device, NetworkSpec.parse(text), Network.Options.of(2, 1, 8, 8).withSeed(3));
        Network other =
            Network.create(
                device, NetworkSpec.parse(text), Network.Options.of(2, 1, 8, 8).withSeed(4))) {
      List<TorchExport.Line> lines = TorchExport.write(file, one, "net");
      assertEquals("attention of 2 heads: 0.125 (q(x) k(x)') v(x)", lines.get(2).module());
      assertEquals(
          List.of("net.2.q.0", "net.2.k.0", "net.2.v.0"),
          List.of(lines.get(3).path(), lines.get(6).path(), lines.get(9).path()));
      TorchImport.load(file, other);
      Map<String, NamedTensor> expected = one.state();
      other
          .state()
          .forEach(
              (name, tensor) -> assertArrayEquals(expected.get(name).data(), tensor.data(), name));
    }
  }

  /**
   * What is exported comes back to the bit, with the implicit flattening counted as PyTorch does.
   */
  @Test
  void thereAndBack() {
    String text =
        "c2k3b bn klif mp2 res( c2k3 bn plif : c2k1 bn ) ap2 dp fc4 bn klif fc6b if vote2";
    Path file = folder.resolve("out.safetensors");
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network one =
            Network.create(
                device, NetworkSpec.parse(text), Network.Options.of(2, 1, 8, 8).withSeed(3));
        Network other =
            Network.create(
                device, NetworkSpec.parse(text), Network.Options.of(2, 1, 8, 8).withSeed(4))) {
      List<TorchExport.Line> lines = TorchExport.write(file, one, "conv_fc");
      assertEquals("conv_fc.4.0", lines.get(5).path());
      assertEquals("residual block: Sequential(x) + shortcut(x)", lines.get(4).module());
      assertEquals("conv_fc.4.shortcut.1", lines.get(9).path());
      assertEquals("Flatten()", lines.get(12).module());
      assertEquals("Linear(8, 4, bias=False)", lines.get(13).module());
      assertEquals("conv_fc.8", lines.get(13).path());
      List<TorchImport.Mapped> table = TorchImport.load(file, other);
      assertEquals("conv_fc.4.1.running_var", table.get(11).torch());
      Map<String, NamedTensor> expected = one.state();
      other
          .state()
          .forEach(
              (name, tensor) -> assertArrayEquals(expected.get(name).data(), tensor.data(), name));
    }
  }

  private String refusal(String spec, Path file) {
    return assertThrows(KlifException.class, () -> load(spec, file)).getMessage();
  }

  private static void assertContains(String message, String part) {
    assertTrue(message.contains(part), message);
  }
}
