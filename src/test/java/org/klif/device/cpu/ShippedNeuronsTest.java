package org.klif.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.testing.HostCompiler;
import org.klif.testing.Shared;
import org.klif.testing.ShippedNeurons;
import org.klif.verify.GoldenVectors;

/** The neuron files that come with Klif, through the derived backward pass, on the CPU. */
class ShippedNeuronsTest {
  private Device cpu;

  @BeforeEach
  void open() {
    HostCompiler.require();
    cpu = Devices.open("cpu", new DeviceOptions(2));
  }

  @AfterEach
  void close() {
    if (cpu != null) {
      assertEquals(0, cpu.liveBuffers());
      cpu.close();
    }
  }

  @Test
  void goldenVectorsPass() {
    List<String> failures = new ArrayList<>();
    GoldenVectors.Summary summary =
        GoldenVectors.run(
            Shared.require().resolve("golden"),
            ShippedNeurons.over(cpu),
            result -> {
              if (!result.passed()) {
                failures.add(result.line());
              }
            });
    assertEquals(List.of(), failures);
    assertEquals(0, summary.failed());
  }
}
