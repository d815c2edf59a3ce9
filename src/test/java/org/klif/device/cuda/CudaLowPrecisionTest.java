package org.klif.device.cuda;

import org.junit.jupiter.api.Tag;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Precision;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.LowPrecisionLayersContract;

/** bfloat16 and float16 behind the stand-in driver; with -Dklif.test.device=cuda, on a GPU. */
@Tag("sim")
class CudaLowPrecisionTest extends LowPrecisionLayersContract {
  @Override
  protected Device open(Precision precision) {
    return CudaUnderTest.open(DeviceOptions.defaults().withPrecision(precision));
  }
}
