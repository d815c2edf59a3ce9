package org.klif.device.cuda;

import org.junit.jupiter.api.Tag;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.DeviceContract;

/** The CUDA device behind the stand-in driver; with -Dklif.test.device=cuda, on a GPU. */
@Tag("sim")
class CudaDeviceContractTest extends DeviceContract {
  @Override
  protected Device open() {
    return CudaUnderTest.open(DeviceOptions.defaults());
  }
}
