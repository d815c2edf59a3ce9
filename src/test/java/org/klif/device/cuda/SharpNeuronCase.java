package org.klif.device.cuda;

import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.CustomNeuronContract;

/** Infinite derivatives in a neuron of the user's own, for a driver that runs nvcc's PTX. */
class SharpNeuronCase {
  @Test
  void infiniteDerivativesStayByThemselves() {
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults())) {
      CustomNeuronContract.requireSharpDerivativesApart(device);
    }
  }
}
