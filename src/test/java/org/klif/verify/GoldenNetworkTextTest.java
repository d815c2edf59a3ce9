package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.testing.Shared;

/** Networks of format klif-golden-2 on the CPU; {@link GoldenNetworkTextOnCudaTest} on the GPU. */
class GoldenNetworkTextTest {
  @TempDir Path folder;

  private static Device open() {
    return open(Precision.FLOAT32);
  }

  private static Device open(Precision precision) {
    return Devices.open("cpu", new DeviceOptions(2).withPrecision(precision));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BF16"})
  void networksAgree(Precision precision) {
    try (Device device = open(precision)) {
      assertNetworksAgree(device);
    }
  }

  static void assertNetworksAgree(Device device) {
    Path golden = Shared.require().resolve("golden2");
    int passed = 0;
    for (Path file : GoldenVectors.files(golden)) {
      // neurons have a test of their own
      if (file.getFileName().toString().matches("(clif|ltlif)_.*")) {
        continue;
      }
      CaseResult result = GoldenVectors.runFile(file, device);
      assertTrue(result.passed(), result.line());
      passed++;
    }
    assertEquals(26, passed);
    assertEquals(0, device.liveBuffers());
  }

  @Test
  void wrongUpdatesAndFirstValuesAreFound() throws IOException {
    try (Device device = open()) {
      assertWrongUpdatesAreFound(device, folder);
    }
  }

  static void assertWrongUpdatesAreFound(Device device, Path folder) throws IOException {
    String text = Files.readString(Shared.require().resolve("golden2/tdbn.json"));
    Path file = folder.resolve("tdbn.json");
    Files.writeString(file, text.replace("tdbn", "bn"));
    String first = String.valueOf(GoldenVectors.runFile(file, device).problem());
    assertTrue(first.contains("first value of weight of bn in column 6"), first);
    Files.writeString(file, text.replace("\"lr\": 0.1", "\"lr\": 0.101"));
    String problem = String.valueOf(GoldenVectors.runFile(file, device).problem());
    assertTrue(problem.startsWith("step 1 weight of c4k3 in column 1["), problem);
  }

  @Test
  void whatIsWrongIsFound() throws IOException {
    String text = Files.readString(Shared.require().resolve("golden2/shortcut_add_spikes.json"));
    assertProblem(text.replace(": c4k1s2 bn sn )", ": c4k1s2 sn )"), "it has ");
    assertProblem(text.replace(" bn sn : ", " bn sn{threshold=0.9} : "), "output[");
    assertProblem(text.replace("\"v_threshold\": 1.0", "\"v_threshold\": 0.9"), "output[");
    assertProblem(
        text.replace("\"parameter\": \"bias\"", "\"parameter\": \"k\""), "parameters[2].");
  }

  private void assertProblem(String text, String start) throws IOException {
    Path file = Files.writeString(folder.resolve("case.json"), text);
    try (Device device = open()) {
      CaseResult result = GoldenVectors.runFile(file, device);
      assertFalse(result.passed());
      assertTrue(String.valueOf(result.problem()).contains(start), result.line());
    }
  }
}
