package org.klif.device.cpu;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.testing.DeviceContract;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;

/** The CPU device, with the vectorised loops where this machine has them. */
class CpuDeviceContractTest extends DeviceContract {
  @Override
  protected Device open() {
    return new CpuDevice(2, Precision.FLOAT32);
  }

  /** Blocks have a fixed size and are added in a fixed order. */
  @ParameterizedTest
  @MethodSource("org.klif.testing.NeuronCase#manyBlocks")
  void theNumberOfThreadsChangesNoBit(NeuronCase c) {
    try (Device one = new CpuDevice(1, Precision.FLOAT32);
        Device three = new CpuDevice(3, Precision.FLOAT32)) {
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun expected = NeuronRun.of(one, c, in);
      NeuronRun.of(device(), c, in).assertSameBits(expected);
      NeuronRun.of(three, c, in).assertSameBits(expected);
    }
  }
}
