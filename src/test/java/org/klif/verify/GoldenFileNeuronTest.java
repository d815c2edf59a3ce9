package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.testing.HostCompiler;
import org.klif.testing.Shared;

/** CLIF and LTLIF from their files give what a float64 reference and the authors' programs give. */
class GoldenFileNeuronTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  static final DeviceOptions BFLOAT16 = new DeviceOptions(1).withPrecision(Precision.BF16);

  @TempDir Path folder;

  private static List<Path> cases() {
    return GoldenVectors.files(Shared.require().resolve("golden2")).stream()
        .filter(file -> file.getFileName().toString().matches("(clif|ltlif)_.*"))
        .toList();
  }

  static void allPass(Supplier<Device> device) {
    List<Path> cases = cases();
    assertEquals(13, cases.size());
    try (Device one = device.get()) {
      for (Path file : cases) {
        CaseResult result = GoldenVectors.runFile(file, one);
        assertTrue(result.passed(), result.line());
      }
      assertEquals(0, one.liveBuffers());
    }
  }

  private static Device cpu() {
    return Devices.open("cpu", new DeviceOptions(1));
  }

  @Test
  void allPassOnTheCpu() {
    HostCompiler.require();
    allPass(GoldenFileNeuronTest::cpu);
    allPass(() -> Devices.open("cpu", BFLOAT16));
  }

  /** A ten-thousandth of a tensor's largest value is seen, in each of them. */
  @Test
  void whatIsWrongIsFound() throws IOException {
    HostCompiler.require();
    try (Device one = cpu()) {
      for (Path file : cases()) {
        for (String key : List.of("H", "V_T", "grad_x", "grad_m0", "grad_w", "M")) {
          ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
          if (!json.get("expect").has(key)) {
            continue;
          }
          CaseResult result = GoldenVectors.runFile(changed(json, key), one);
          assertFalse(result.passed(), file + " " + key);
          assertTrue(result.problem().startsWith(key + "["), result.line());
        }
      }
    }
  }

  private Path changed(ObjectNode json, String key) throws IOException {
    ArrayNode data = (ArrayNode) json.get("expect").get(key).get("data");
    double largest = 0.01;
    for (int i = 0; i < data.size(); i++) {
      largest = Math.max(largest, Math.abs(data.get(i).doubleValue()));
    }
    data.set(0, JSON.getNodeFactory().numberNode(data.get(0).doubleValue() + 1e-4 * largest));
    return Files.writeString(folder.resolve("changed.json"), json.toString());
  }
}
