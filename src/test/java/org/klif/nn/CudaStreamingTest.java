package org.klif.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.StreamingCases;

/** Streams on the CUDA device. */
@Tag("sim")
class CudaStreamingTest implements StreamingCases {
  private final Device device = CudaUnderTest.open(DeviceOptions.defaults());

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
