package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.testing.Shared;

/** {@link GoldenVectors}: the shared vectors pass, and what is wrong is found. */
class GoldenVectorsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Device device;

  @BeforeEach
  void open() {
    device = Devices.open("cpu", new DeviceOptions(2));
  }

  @AfterEach
  void close() {
    assertEquals(0, device.liveBuffers());
    device.close();
  }

  /** The same files with activations of bfloat16. */
  private void inBfloat16() {
    device.close();
    device = Devices.open("cpu", new DeviceOptions(2).withPrecision(Precision.BF16));
  }

  @Test
  void allSharedVectorsPassInBfloat16() {
    inBfloat16();
    allSharedVectorsPass();
  }

  @Test
  void inBfloat16ExpectationsAreThoseOfRoundedInputs() throws IOException {
    inBfloat16();
    ObjectNode json = handMade();
    // beside 4 the nearest bfloat16 is 4.03125
    ((ArrayNode) json.at("/x/data")).set(0, JSON.getNodeFactory().numberNode(4.01));
    ((ArrayNode) json.at("/expect/F/data")).set(0, JSON.getNodeFactory().numberNode(2.005));
    CaseResult result = run(json);
    assertTrue(result.passed(), result.line());
  }

  @Test
  void inBfloat16TheReferenceMustGiveTheFilesValues() throws IOException {
    inBfloat16();
    ObjectNode json = handMade();
    ((ArrayNode) json.at("/expect/F/data")).set(0, JSON.getNodeFactory().numberNode(2.0000001));
    CaseResult result = run(json);
    assertFalse(result.passed());
    assertEquals("the float64 reference's F[0] is 2.0, expected 2.0000001", result.problem());
  }

  @Test
  void inBfloat16GradientsOffByTwoToTheMinusSixAreFound() {
    Path golden = Shared.require().resolve("golden");
    inBfloat16();
    Device faulty = FaultyDevice.of(device, 1 + 0x1p-6f);
    for (String name : List.of("if_1", "lif_1", "plif_1", "klif_01_hard_decay_atan")) {
      CaseResult result = GoldenVectors.runFile(golden.resolve(name + ".json"), faulty);
      assertTrue(String.valueOf(result.problem()).startsWith("grad_x["), result.line());
    }
    CaseResult network = GoldenVectors.runFile(golden.resolve("net_adam.json"), faulty);
    assertTrue(
        String.valueOf(network.problem()).startsWith("step 1 gradient of conv.weight["),
        network.line());
    // what is right of the same numbers lies within the tolerance
    assertTrue(GoldenVectors.runFile(golden.resolve("if_1.json"), device).passed());
  }

  @Test
  void allSharedVectorsPass() {
    Path golden = Shared.require().resolve("golden");
    List<String> failures = new ArrayList<>();
    GoldenVectors.Summary summary =
        GoldenVectors.run(
            golden,
            device,
            result -> {
              if (!result.passed()) {
                failures.add(result.line());
              }
            });
    assertEquals(List.of(), failures);
    assertEquals(GoldenVectors.files(golden).size(), summary.passed());
  }

  /** A case small enough to work out by hand: LIF, tau 2, x = 4 then 0.5, one neuron. */
  private static ObjectNode handMade() throws IOException {
    return (ObjectNode)
        JSON.readTree(
            """
            {"kind": "neuron", "model": "lif", "tau": 2, "v_threshold": 1, "v_reset": 0,
             "surrogate": {"name": "rectangle", "alpha": 1},
             "x": {"shape": [2, 1], "data": [4, 0.5]},
             "weight_S": {"shape": [2, 1], "data": [1, 2]},
             "expect": {"loss": {"shape": [], "data": [1]},
                        "S": {"shape": [2, 1], "data": [1, 0]},
                        "F": {"shape": [2, 1], "data": [2, 0.25]},
                        "V_T": {"shape": [1], "data": [0.25]}}}
            """);
  }

  private CaseResult run(JsonNode json) throws IOException {
    return run(json.toString());
  }

  private CaseResult run(String text) throws IOException {
    Path file = folder.resolve("case.json");
    Files.writeString(file, text);
    return GoldenVectors.runFile(file, device);
  }

  @Test
  void optionalKeysMayBeAbsent() throws IOException {
    CaseResult result = run(handMade());
    assertTrue(result.passed(), result.line());
    assertEquals("case", result.name());
  }

  @Test
  void oneWrongSpikeFails() throws IOException {
    ObjectNode json = handMade();
    ((ArrayNode) json.at("/expect/S/data")).set(1, JSON.getNodeFactory().numberNode(1));
    CaseResult result = run(json);
    assertFalse(result.passed());
    assertEquals("S", result.of());
  }

  @Test
  void anErrorAboveTheToleranceFails() throws IOException {
    ObjectNode json = handMade();
    ((ArrayNode) json.at("/expect/F/data")).set(0, JSON.getNodeFactory().numberNode(2.0001));
    CaseResult result = run(json);
    assertFalse(result.passed());
    assertEquals("F", result.of());
    assertEquals(5e-5, result.largestError(), 1e-6);
  }

  @Test
  void malformedFilesFailWithTheKey() throws IOException {
    ObjectNode json = handMade();
    ((ArrayNode) json.at("/x/data")).remove(0);
    assertEquals("x.data has 1 numbers, shape [2, 1] needs 2", run(json).problem());

    json = handMade();
    json.remove("x");
    assertEquals("there is no key x", run(json).problem());

    json = handMade();
    json.put("model", "izhikevich");
    assertEquals("unknown model 'izhikevich'", run(json).problem());

    json = handMade();
    json.put("kind", "picture");
    assertEquals("unknown kind 'picture'", run(json).problem());

    json = handMade();
    ((ObjectNode) json.get("surrogate")).put("name", "step");
    assertTrue(run(json).problem().startsWith("unknown surrogate 'step'"));

    json = handMade();
    json.set("expect", JSON.createObjectNode());
    assertEquals("the file expects nothing", run(json).problem());

    assertTrue(run(handMade().toString().substring(0, 90)).problem().startsWith("not JSON"));
    assertEquals("the file holds no JSON object", run("[1, 2]").problem());
    assertEquals("the file holds no JSON object", run("").problem());
  }

  @Test
  void aFolderWithoutCasesIsAnError() {
    assertThrows(KlifException.class, () -> GoldenVectors.run(folder, device, r -> {}));
    assertThrows(
        KlifException.class, () -> GoldenVectors.run(folder.resolve("none"), device, r -> {}));
  }
}
