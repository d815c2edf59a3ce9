package org.klif.nn;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.klif.device.Loss;
import org.klif.testing.CudaUnderTest;

/** A batch in parts on the kernels of a GPU: two devices in two threads, in lock-step. */
@Tag("sim")
class CudaNetworkShardsTest {
  /** Far beyond the seconds it needs, as the stand-in may have to be built first. */
  @Test
  @Timeout(600)
  void partsAddUpToTheWhole() {
    CudaUnderTest.require();
    NetworkShardsTest.assertSameMathematics(CudaUnderTest.name(), Loss.Kind.CROSS_ENTROPY, 2);
    NetworkShardsTest.assertSameMathematics(CudaUnderTest.name(), Loss.Kind.TET, 2);
  }
}
