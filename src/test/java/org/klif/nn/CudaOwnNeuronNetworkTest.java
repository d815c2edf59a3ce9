package org.klif.nn;

import org.junit.jupiter.api.Tag;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;

/** The same on the CUDA device. */
@Tag("sim")
class CudaOwnNeuronNetworkTest extends OwnNeuronNetworkTest {
  @Override
  void requireCompiler() {
    CudaUnderTest.require();
    CudaUnderTest.requireCompilerOfNeurons();
  }

  @Override
  Device open(int threads) {
    return CudaUnderTest.open(DeviceOptions.defaults());
  }
}
