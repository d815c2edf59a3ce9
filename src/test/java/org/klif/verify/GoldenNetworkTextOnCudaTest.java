package org.klif.verify;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Precision;
import org.klif.testing.CudaUnderTest;

/** Networks of format klif-golden-2 through the GPU's code. */
@Tag("sim")
class GoldenNetworkTextOnCudaTest {
  @TempDir Path folder;

  @Test
  void networksAgreeInBfloat16() {
    DeviceOptions options = DeviceOptions.defaults().withPrecision(Precision.BF16);
    try (Device device = CudaUnderTest.open(options)) {
      GoldenNetworkTextTest.assertNetworksAgree(device);
    }
  }

  @Test
  void networksAgreeAndWrongUpdatesAreFound() throws IOException {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults())) {
      GoldenNetworkTextTest.assertNetworksAgree(device);
      GoldenNetworkTextTest.assertWrongUpdatesAreFound(device, folder);
    }
  }
}
