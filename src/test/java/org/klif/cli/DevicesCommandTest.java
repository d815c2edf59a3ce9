package org.klif.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.device.Devices;

/** On a machine without an NVIDIA driver: what is missing, what helps, and the CPU goes on. */
class DevicesCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void requireNoDriver() {
    Assumptions.assumeFalse(
        Devices.providers().stream()
            .anyMatch(p -> p.name().equals("cuda") && p.unavailableReason().isEmpty()),
        "skipped: there is an NVIDIA driver");
  }

  @Test
  void devicesNamesEachMissingPieceWithItsRemedy() {
    Cli result = Cli.run("devices", "--json");
    assertEquals(0, result.code());
    assertTrue(result.out().contains("cuda   not available: no NVIDIA driver: "), result.out());
    assertTrue(result.out().contains("install driver 525 or later"), result.out());
    assertTrue(result.out().contains("cuBLAS"), result.out());
    assertTrue(result.out().contains("cuDNN"), result.out());
    assertTrue(result.out().contains("auto takes cpu; not cuda: "), result.out());
    JsonNode cuda = result.json().get("devices").get(0);
    assertEquals("cuda", cuda.get("name").asText());
    assertFalse(cuda.get("available").asBoolean());
    assertEquals(2, cuda.get("details").size());
  }

  /** As a failed installation leaves them. */
  @Test
  void emptyLibrariesAreSaidToBeEmpty() throws Exception {
    for (String name : List.of("libcuda.so.1", "libcudnn.so.9")) {
      Files.createFile(folder.resolve(name));
    }
    KlifProcess result = KlifProcess.run(Map.of("LD_LIBRARY_PATH", folder.toString()), "devices");
    assertEquals(0, result.code(), result.output());
    assertTrue(
        result
            .output()
            .contains(
                "cuda   not available: the NVIDIA driver cannot be loaded: %s/libcuda.so.1: file too short; install"
                    .formatted(folder)),
        result.output());
    assertTrue(
        result.output().contains("cuDNN: %s/libcudnn.so.9 is empty; ".formatted(folder)),
        result.output());
  }

  @Test
  void cudaIsRefusedWithReasonAndRemedy() {
    Cli result = Cli.run("train", "digits", "--device", "cuda");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("device cuda: no NVIDIA driver: "), result.err());
    assertTrue(result.err().contains("or use the device cpu"), result.err());
    assertEquals(1, Cli.run("gradcheck", "--device", "cuda:1").code());
  }

  @Test
  void autoGoesOnWithTheCpuAndSaysSo() {
    Cli result =
        Cli.run(
            "train",
            "digits",
            "--device",
            "auto",
            "--epochs",
            "1",
            "--T",
            "1",
            "--batch",
            "500",
            "--set",
            "network=fc20 bn sn | vote2",
            "--out",
            folder.resolve("run").toString());
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains("auto takes cpu; not cuda: no NVIDIA driver: "), result.out());
    assertTrue(result.out().contains("device cpu: "), result.out());
  }

  @Test
  void aDeviceThatIsNoneIsRefused() {
    assertEquals(2, Cli.run("gradcheck", "--device", "cuda:x").code());
    assertEquals(2, Cli.run("gradcheck", "--device", "cpu:1").code());
    Cli unknown = Cli.run("gradcheck", "--device", "tpu");
    assertEquals(1, unknown.code());
    assertTrue(unknown.err().contains("there are auto, cuda, cpu, sim"), unknown.err());
  }
}
