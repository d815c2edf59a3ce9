package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Linear;

/**
 * For a driver that runs our kernels, and is too old for cuBLAS; DriverStartTest starts a JVM with
 * it.
 */
class KernelCases {
  @Test
  void kernelsRunAndProductsAreRefused() {
    try (Device device = Devices.open("sim", DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      Buffer a = scope.of(1, 2, 3);
      device.add(a, a, a);
      assertArrayEquals(new float[] {2, 4, 6}, a.toArray());
      KlifException e =
          assertThrows(KlifException.class, () -> device.linear(new Linear.Spec(1, 2, 3)));
      assertTrue(e.getMessage().contains("too old for cuBLAS and cuDNN"), e.getMessage());
    }
  }
}
