package org.klif.verify;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.HostCompiler;

/** CLIF and LTLIF from their files through the GPU's code. */
@Tag("sim")
class GoldenFileNeuronOnCudaTest {
  @Test
  void allPass() {
    HostCompiler.require();
    CudaUnderTest.require();
    GoldenFileNeuronTest.allPass(() -> CudaUnderTest.open(new DeviceOptions(1)));
    GoldenFileNeuronTest.allPass(() -> CudaUnderTest.open(GoldenFileNeuronTest.BFLOAT16));
  }
}
