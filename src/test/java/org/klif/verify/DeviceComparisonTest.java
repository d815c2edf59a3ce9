package org.klif.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import org.klif.testing.CudaUnderTest;

/**
 * Spikes of the GPU's kernels are the CPU's to the bit: a sample of {@code klif verify --random},
 * with smaller layers.
 */
@Tag("sim")
class DeviceComparisonTest {
  private static void compare(DeviceOptions options, int count, int mostNeurons) {
    List<String> failed = new ArrayList<>();
    try (Device device = CudaUnderTest.open(options);
        Device cpu = Devices.open("cpu", DeviceOptions.defaults())) {
      new DeviceComparison(device, cpu)
          .run(
              count,
              7,
              mostNeurons,
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
  void spikesAreTheCpusToTheBit() {
    compare(DeviceOptions.defaults(), 30, 30_000);
  }

  @Test
  void soTheyAreWhenChargedPotentialsAreKept() {
    compare(DeviceOptions.defaults().withKeepCharged(true), 12, 10_000);
  }

  @Test
  void soTheyAreWithHalfFloats() {
    compare(DeviceOptions.defaults().withPrecision(Precision.BF16), 12, 10_000);
    compare(DeviceOptions.defaults().withPrecision(Precision.FP16), 12, 10_000);
  }
}
