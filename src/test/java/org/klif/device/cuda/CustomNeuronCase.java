package org.klif.device.cuda;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.neuron.Neuron;
import org.klif.neuron.Surrogate;
import org.klif.tensor.ActivationShape;
import org.klif.testing.CudaUnderTest;
import org.klif.testing.CustomExample;
import org.klif.testing.CustomNeuronContract;
import org.klif.testing.CustomProblem;
import org.klif.testing.CustomRun;

/** Neurons of the user's own in packs and alone, for a driver built with address sanitizer. */
class CustomNeuronCase {
  @Test
  void runForwardAndBackward() {
    CustomExample two = CustomExample.two();
    Neuron.Custom neuron = Neuron.Custom.of(two.model(), Surrogate.of(Surrogate.Kind.ATAN));
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults())) {
      for (ActivationShape shape :
          List.of(
              new ActivationShape(9, false, 16, 160, 1, 1),
              new ActivationShape(40, true, 3, 13, 1, 1),
              new ActivationShape(300, false, 1, 33, 1, 1))) {
        CustomProblem p = CustomProblem.draw(two, CustomNeuronContract.ALPHA, shape, true, 3);
        CustomRun.of(device, neuron, p, false);
      }
    }
  }
}
