package org.klif.train;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.klif.testing.CudaUnderTest;

/** Profiles on the CUDA device: recorded steps are given to it piece by piece, not as a graph. */
@Tag("sim")
class CudaProfileTest extends ProfileCases {
  @BeforeAll
  static void deviceIsThere() {
    CudaUnderTest.require();
  }

  @Override
  String device() {
    return CudaUnderTest.name();
  }
}
