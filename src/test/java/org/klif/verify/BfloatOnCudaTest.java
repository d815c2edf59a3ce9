package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.neuron.NeuronOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.Shared;

/** Golden vectors and gradient checks of the GPU's code with activations of bfloat16. */
@Tag("sim")
class BfloatOnCudaTest {
  private static final DeviceOptions BFLOAT16 =
      DeviceOptions.defaults().withPrecision(Precision.BF16);

  @Test
  void allSharedVectorsPass() {
    Path golden = Shared.require().resolve("golden");
    List<String> failed = new ArrayList<>();
    try (Device device = CudaUnderTest.open(BFLOAT16)) {
      GoldenVectors.run(
          golden,
          device,
          result -> {
            if (!result.passed()) {
              failed.add(result.line());
            }
          });
      assertEquals(0, device.liveBuffers());
    }
    assertEquals(List.of(), failed);
  }

  @Test
  void everyGradientIsRight() {
    List<String> wrong = new ArrayList<>();
    try (Device device = CudaUnderTest.open(BFLOAT16);
        Device cpu = Devices.open("cpu", DeviceOptions.defaults())) {
      GradientCheck.run(
          device,
          cpu,
          NeuronOptions.MODELS,
          row -> {
            if (!row.ok()) {
              wrong.add(row.line());
            }
          });
      assertEquals(0, device.liveBuffers());
    }
    assertEquals(List.of(), wrong);
  }
}
