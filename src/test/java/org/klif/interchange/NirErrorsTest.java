package org.klif.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.NeuronOptions;
import org.klif.nn.Network;
import org.klif.nn.NetworkSpec;
import org.klif.testing.Shared;

/** Files that are no sound NIR graph, and graphs that Klif has no network for. */
class NirErrorsTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("net.nir");
  }

  private static NirGraph graph() {
    try (Device device = Devices.open("cpu", new DeviceOptions(1));
        Network network =
            Network.create(
                device,
                NetworkSpec.parse("c3k3b lif fc4 lif"),
                Network.Options.of(2, 2, 4, 4).withNeuron(NeuronOptions.of("lif")))) {
      return NirExport.graph(network, 1e-3, "");
    }
  }

  private String refused(NirGraph graph) {
    NirFile.write(file(), graph);
    return assertThrows(KlifException.class, () -> NirImport.read(file(), null)).getMessage();
  }

  private static NirGraph with(NirGraph graph, NirNode node) {
    Map<String, NirNode> nodes = new LinkedHashMap<>(graph.nodes());
    nodes.put(node.name(), node);
    return new NirGraph(graph.version(), nodes, graph.edges(), graph.texts(), graph.numbers());
  }

  private static NirGraph edges(NirGraph graph, Consumer<List<NirGraph.Edge>> change) {
    List<NirGraph.Edge> edges = new ArrayList<>(graph.edges());
    change.accept(edges);
    return new NirGraph(graph.version(), graph.nodes(), edges, graph.texts(), graph.numbers());
  }

  private static NirNode changed(
      NirGraph graph, String name, Consumer<Map<String, NirTensor>> change) {
    NirNode node = graph.nodes().get(name);
    Map<String, NirTensor> tensors = new LinkedHashMap<>(node.tensors());
    change.accept(tensors);
    return NirNode.of(name, node.type(), tensors);
  }

  private static void assertSentence(String found, String... parts) {
    for (String part : parts) {
      assertTrue(found.contains(part), found);
    }
    assertEquals(1, found.lines().count(), found);
  }

  @Test
  void theGraphItselfIsSound() {
    NirFile.write(file(), graph());
    // first biases are 0, which is none
    assertEquals("c3k3 lif flat fc4 lif", NirImport.read(file(), null).network());
  }

  /** Cut at every kind of place. The last bytes of such a file are not used. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.1, 0.5, 0.9, 0.95})
  void cutShort(double share) throws IOException {
    NirFile.write(file(), graph());
    byte[] bytes = Files.readAllBytes(file());
    int length = (int) Math.min(bytes.length - 1, share * bytes.length);
    Files.write(file(), Arrays.copyOf(bytes, length));
    String message =
        assertThrows(KlifException.class, () -> NirImport.read(file(), null)).getMessage();
    assertSentence(message, file().toString());
  }

  /** Any byte may be wrong: a sentence or a graph, and never anything else. */
  @Test
  void damagedBytes() throws IOException {
    NirFile.write(file(), graph());
    byte[] bytes = Files.readAllBytes(file());
    int refused = 0;
    for (int at = 0; at < bytes.length; at += Math.max(1, bytes.length / 400)) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) 0x5a;
      Files.write(file(), damaged);
      try {
        NirImport.read(file(), null);
      } catch (KlifException e) {
        refused++;
        assertSentence(e.getMessage(), file().toString());
      }
    }
    assertTrue(refused > 20, "refused " + refused);
  }

  /** The size of the heap of all names, as a stranger may write it: 2 GB of 44 kB. */
  @Test
  void aHeapBeyondTheFileIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(Shared.require().resolve("cases/nir-affine-no-bias/nb.nir"));
    int heap = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("GCOL");
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(heap + 8, Integer.MAX_VALUE);
    Files.write(file(), bytes);
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(file(), null)).getMessage(),
        file() + " is not a sound HDF5 file");
  }

  /** Each data set may be as large as the largest, all of them together may not. */
  @Test
  void theSizesOfAllDataSetsAreSummed() {
    NirFile.write(file(), graph());
    long largest =
        graph().nodes().values().stream()
            .flatMap(node -> node.tensors().values().stream())
            .mapToLong(tensor -> tensor.data().length)
            .max()
            .orElseThrow();
    assertSentence(
        assertThrows(KlifException.class, () -> NirFile.read(file(), largest)).getMessage(),
        file().toString(),
        "all data sets together may have " + largest);
    assertEquals(graph().nodes().keySet(), NirFile.read(file(), 10 * largest).nodes().keySet());
  }

  @Test
  void noHdf5AndNoFile() throws IOException {
    Files.writeString(file(), "This is no HDF5 file, but a text of some length.\n".repeat(50));
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(file(), null)).getMessage(),
        file() + " is not a sound HDF5 file");
    Path absent = folder.resolve("absent.nir");
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(absent, null)).getMessage(),
        "there is no file " + absent);
  }

  @Test
  void missingAndWrongNumbers() {
    NirGraph graph = graph();
    assertSentence(
        refused(with(graph, changed(graph, "0_conv", t -> t.remove("weight")))),
        file().toString(),
        "node '0_conv' (Conv2d)",
        "weight");
    assertSentence(
        refused(
            with(
                graph,
                changed(
                    graph,
                    "2_fc",
                    t -> t.put("weight", NirTensor.floats(List.of(4, 5), new double[20]))))),
        "node '2_fc' (Affine) takes an input of shape [5], but gets [48]");
    assertSentence(
        refused(
            with(
                graph,
                changed(
                    graph,
                    "1_lif",
                    t -> t.put("tau", NirTensor.floats(List.of(7), new double[7]))))),
        "node '1_lif' (LIF)",
        "tau");
    assertSentence(
        refused(with(graph, changed(graph, "2_fc", t -> t.get("bias").data()[1] = Double.NaN))),
        "element 1 of bias in node '2_fc' (Affine) is NaN");
    assertSentence(
        refused(
            with(graph(), changed(graph(), "0_conv", t -> t.put("dilation", NirTensor.pair(2))))),
        "node '0_conv' (Conv2d)",
        "dilation");
  }

  /** Sizes that are 0, missing, not whole or beyond all bounds; numbers that float32 has not. */
  @Test
  void sizesAndNumbersThatNoNetworkHas() {
    for (String name : List.of("stride", "padding", "dilation", "groups")) {
      for (double value : new double[] {name.equals("padding") ? -1 : 0, 0.5, 1e300, -3}) {
        assertConv(name, new double[] {value});
      }
      assertConv(name, new double[0]);
      assertConv(name, new double[] {1, 2, 3});
    }
    assertSentence(changed("0_conv", "weight", List.of(0, 2, 3, 3)), "kernel of shape [0, 2");
    assertSentence(changed("0_conv", "weight", List.of(3, 2, 0, 0)), "'0_conv'");
    assertSentence(changed("0_conv", "weight", List.of(3, 2, 9, 9)), "kernel of 9 over an image");
    assertSentence(
        changed("0_conv", "padding", List.of(2), new double[] {1e5, 1e5}),
        "node '0_conv' (Conv2d) has an output of shape [3, 200002, 200002], and 2147483647 values");
    assertSentence(changed("2_fc", "weight", List.of(0, 48)), "weight of shape [0, 48]");
    assertSentence(changed("2_fc", "weight", List.of(4, 0)), "weight of shape [4, 0]");
    for (double[] shape :
        new double[][] {{}, {0, 4, 4}, {2, 4.5, 4}, {1e9, 1e9, 1e9}, {2, 4, 4, 4}, {-2, -4, 4}}) {
      assertSentence(
          changed("input", "shape", List.of(shape.length), shape), "(Input) has a shape");
    }
    for (String flat : List.of("start_dim", "end_dim")) {
      for (double[] axis : new double[][] {{}, {0.5}, {-9}, {1e12}}) {
        NirGraph graph = graph();
        String name =
            graph.nodes().keySet().stream()
                .filter(n -> graph.nodes().get(n).type().equals("Flatten"))
                .findFirst()
                .orElseThrow();
        assertSentence(changed(name, flat, List.of(axis.length), axis), flat);
      }
    }
    NirGraph graph = graph();
    double[] huge = new double[4];
    huge[2] = 1e308;
    assertSentence(
        refused(
            with(
                graph,
                changed(
                    graph,
                    "2_fc",
                    t -> t.put("bias", new NirTensor(NirTensor.Type.FLOAT64, List.of(4), huge))))),
        "element 2 of bias in node '2_fc' (Affine) is 1.0E308, which is infinite in float32");
    assertSentence(
        refused(with(graph, changed(graph, "2_fc", t -> t.remove("bias")))),
        "node '2_fc' (Affine) has no bias; what has none is a Linear in NIR");
  }

  private void assertConv(String name, double[] values) {
    assertSentence(changed("0_conv", name, List.of(values.length), values), "'0_conv'", name);
  }

  private String changed(String node, String name, List<Integer> shape) {
    return changed(node, name, shape, new double[Math.toIntExact(Shapes.elements(shape))]);
  }

  private String changed(String node, String name, List<Integer> shape, double[] values) {
    NirGraph graph = graph();
    NirTensor tensor = new NirTensor(NirTensor.Type.FLOAT64, shape, values);
    NirGraph other = with(graph, changed(graph, node, t -> t.put(name, tensor)));
    // HDF5 files of this library have no empty arrays; other libraries write them
    if (values.length == 0) {
      return assertThrows(KlifException.class, () -> NirReader.read(other, 1e-3)).getMessage();
    }
    return refused(other);
  }

  /** A graph of another program's making. */
  @Test
  void anAffineWithoutABiasIsRefusedAsByNirItself() {
    Path file = Shared.require().resolve("cases/nir-affine-no-bias/nb.nir");
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(file, null)).getMessage(),
        "(Affine) has no bias");
  }

  @Test
  void nodesWithoutACounterpart() {
    NirGraph graph = graph();
    assertSentence(
        refused(with(graph, NirNode.of("1_lif", "Izhikevich", Map.of()))),
        "node '1_lif' has the unknown type 'Izhikevich'; known are Affine, ");
    assertSentence(
        refused(with(graph, NirNode.of("1_lif", "CubaLIF", Map.of()))),
        "node '1_lif' (CubaLIF) cannot be imported: Klif's built-in neurons have no synaptic current");
    assertSentence(
        refused(with(graph, NirNode.of("1_lif", "Delay", Map.of()))), "Klif has no delays");
  }

  @Test
  void edgesThatAreNoChain() {
    NirGraph graph = graph();
    NirGraph.Edge last = graph.edges().get(graph.edges().size() - 1);
    assertSentence(refused(edges(graph, e -> e.remove(last))), file().toString());
    assertSentence(
        refused(edges(graph, e -> e.add(new NirGraph.Edge("3_lif", "1_lif")))), file().toString());
    assertSentence(
        refused(edges(graph, e -> e.add(new NirGraph.Edge("1_lif", "nowhere")))), "nowhere");
  }

  @Test
  void theLengthOfAStep() {
    NirFile.write(file(), graph());
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(file(), -1.0)).getMessage(),
        "dt must be a number of seconds above 0, not -1.0");
    // with steps as long as tau nothing would be left of a potential
    assertSentence(
        assertThrows(KlifException.class, () -> NirImport.read(file(), 1.0)).getMessage(),
        "node '1_lif' (LIF)");
  }

  @Test
  void nothingStaysOfAFileThatCannotBeWritten() throws IOException {
    Path inFile = Files.writeString(folder.resolve("text"), "").resolve("net.nir");
    assertSentence(
        assertThrows(KlifException.class, () -> NirFile.write(inFile, graph())).getMessage(),
        "Cannot write " + inFile);
    assertFalse(Files.exists(inFile));
    try (var left = Files.list(folder)) {
      assertEquals(1, left.count());
    }
  }
}
