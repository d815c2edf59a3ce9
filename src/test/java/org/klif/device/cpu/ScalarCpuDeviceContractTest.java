package org.klif.device.cpu;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.testing.DeviceContract;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;

/** The CPU device with the plain loops, as without the incubating Vector API. */
class ScalarCpuDeviceContractTest extends DeviceContract {
  @Override
  protected Device open() {
    return new CpuDevice(2, new KernelChoice(new ScalarKernels(), ""), Precision.FLOAT32);
  }

  /** Both implementations take the same float32 steps; each accumulator is an element's own. */
  @ParameterizedTest
  @MethodSource("org.klif.testing.NeuronCase#manyBlocks")
  void vectorisedLoopsHaveTheSameBits(NeuronCase c) {
    try (Device vectorised = new CpuDevice(2, Precision.FLOAT32)) {
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun.of(device(), c, in).assertSameBits(NeuronRun.of(vectorised, c, in));
    }
  }
}
