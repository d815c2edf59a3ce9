package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.StandIn;

/** A launch that nobody gives bytes for is an error that names it. */
@Tag("sim")
class UncountedLaunchTest {
  @Test
  void isNamed() {
    StandIn.require();
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults().withCounting(4));
        BufferScope scope = new BufferScope(device)) {
      Buffer x = scope.zeros(5);
      KlifException e =
          assertThrows(
              KlifException.class,
              () -> device.launchesOf(() -> aside((CudaDevice) device, CudaBuffer.of(x))));
      assertTrue(e.getMessage().endsWith("{cuMemsetD32Async=1}"), e.getMessage());
    }
  }

  private static void aside(CudaDevice device, CudaBuffer x) {
    device.fill(x, 1);
    assertEquals(0, cuMemsetD32Async(x.pointer(), 0, x.size(), device.stream()));
  }

  @Test
  void kernelWithoutOperationsIsNamed() {
    KlifException e =
        assertThrows(KlifException.class, () -> new KernelArguments().i32(1).launch("add_f32"));
    assertEquals("nobody says what kernel add_f32 computes", e.getMessage());
  }
}
