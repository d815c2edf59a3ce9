package org.klif.device.cpu;

import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.testing.CustomNeuronContract;

/** Neurons of the user's own on the CPU. */
class CustomCpuUnitTest extends CustomNeuronContract {
  @Override
  protected Device open() {
    return new CpuDevice(2, Precision.FLOAT32);
  }
}
