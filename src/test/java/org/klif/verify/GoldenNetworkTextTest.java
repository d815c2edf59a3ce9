package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.testing.Shared;

/** Networks of format klif-golden-2 on the CPU; {@link GoldenNetworkTextOnCudaTest} on the GPU. */
class GoldenNetworkTextTest {
  /** Whose text and loss Klif has. */
  private static final Set<String> KNOWN =
      Set.of(
          "attend_dense",
          "attend_spikes",
          "columns",
          "gap",
          "loss_smoothing",
          "loss_tet",
          "rectangles",
          "rectangles_gap",
          "sew_resnet",
          "shortcut_add_before",
          "shortcut_add_spikes",
          "shortcut_identity",
          "shortcut_nested",
          "t1_n1");

  /** What the others have; a refusal names it. */
  private static final List<String> UNKNOWN = List.of("'tdbn'", "{", "'mix'");

  @TempDir Path folder;

  private static Device open() {
    return Devices.open("cpu", new DeviceOptions(2));
  }

  @Test
  void networksAgree() {
    try (Device device = open()) {
      assertNetworksAgree(device);
    }
  }

  static void assertNetworksAgree(Device device) {
    Path golden = Shared.require().resolve("golden2");
    for (Path file : GoldenVectors.files(golden)) {
      // neurons have a test of their own
      if (file.getFileName().toString().matches("(clif|ltlif)_.*")) {
        continue;
      }
      CaseResult result = GoldenVectors.runFile(file, device);
      boolean known = KNOWN.contains(result.name());
      assertEquals(known, result.passed(), result.line());
      String problem = String.valueOf(result.problem());
      assertTrue(known || UNKNOWN.stream().anyMatch(problem::contains), result.line());
    }
    assertEquals(0, device.liveBuffers());
  }

  /** A tdbn is a batch norm whose weight starts elsewhere; there are two updates. */
  @Test
  void updatesAgree() throws IOException {
    try (Device device = open()) {
      assertUpdatesAgree(device, folder);
    }
  }

  static void assertUpdatesAgree(Device device, Path folder) throws IOException {
    String text =
        Files.readString(Shared.require().resolve("golden2/tdbn.json"))
            .replace("tdbn", "bn")
            .replace("\"default\": 0.5", "\"default\": 1.0");
    Path file = Files.writeString(folder.resolve("bn.json"), text);
    CaseResult result = GoldenVectors.runFile(file, device);
    assertTrue(result.passed(), result.line());
    Files.writeString(file, text.replace("\"lr\": 0.1", "\"lr\": 0.101"));
    String problem = String.valueOf(GoldenVectors.runFile(file, device).problem());
    assertTrue(problem.startsWith("step 1 weight of c4k3 in column 1["), problem);
  }

  @Test
  void whatIsWrongIsFound() throws IOException {
    String text = Files.readString(Shared.require().resolve("golden2/shortcut_add_spikes.json"));
    assertProblem(text.replace(": c4k1s2 bn sn )", ": c4k1s2 sn )"), "it has ");
    assertProblem(text.replace("\"v_threshold\": 1.0", "\"v_threshold\": 0.9"), "output[");
    assertProblem(
        text.replace("\"parameter\": \"bias\"", "\"parameter\": \"k\""), "parameters[2].");
    try (Device half = Devices.open("cpu", new DeviceOptions(2).withPrecision(Precision.BF16))) {
      Path file = Shared.require().resolve("golden2/shortcut_add_spikes.json");
      assertEquals(
          "a case of kind netline needs float32; leave out --precision",
          GoldenVectors.runFile(file, half).problem());
    }
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
