package org.klif.device.cpu;

import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.testing.LowPrecisionLayersContract;

/**
 * bfloat16 on the CPU; where the processor has no products of it, they are emulated. There is no
 * float16 here.
 */
class CpuLowPrecisionTest extends LowPrecisionLayersContract {
  @Override
  protected boolean has(Precision precision) {
    return precision == Precision.BF16;
  }

  @Override
  protected Device open(Precision precision) {
    return new CpuDevice(2, precision);
  }
}
