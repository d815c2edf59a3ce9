package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.klif.device.Device;
import org.klif.testing.StreamingCases;

/** Streams on the CPU. */
class StreamingPlanTest implements StreamingCases {
  private final Device device = Nets.device();

  @Override
  public Device device() {
    return device;
  }

  @AfterEach
  void close() {
    assertEquals(0, device.liveBuffers());
    device.close();
  }
}
