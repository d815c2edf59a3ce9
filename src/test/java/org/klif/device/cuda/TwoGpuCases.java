package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;

/**
 * For a machine with two GPUs, used in turn by one thread; DriverStartTest starts a JVM with them.
 */
class TwoGpuCases {
  @Test
  void twoGpusAreUsedInTurn() {
    try (Device first = Devices.open("sim:0", DeviceOptions.defaults());
        Device second = Devices.open("sim:1", DeviceOptions.defaults());
        BufferScope onFirst = new BufferScope(first);
        BufferScope onSecond = new BufferScope(second)) {
      Buffer a = onFirst.of(1, 2);
      Buffer b = onSecond.of(3, 4);
      for (int i = 0; i < 3; i++) {
        first.add(a, a, a);
        second.add(b, b, b);
      }
      assertArrayEquals(new float[] {8, 16}, a.toArray());
      assertArrayEquals(new float[] {24, 32}, b.toArray());
      assertEquals(1, first.liveBuffers());
      assertEquals(1, second.liveBuffers());
    }
    assertThrows(KlifException.class, () -> Devices.open("sim:2", DeviceOptions.defaults()));
  }
}
