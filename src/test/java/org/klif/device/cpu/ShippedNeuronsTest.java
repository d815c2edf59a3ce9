package org.klif.device.cpu;

import org.junit.jupiter.api.Test;
import org.klif.device.Device;
import org.klif.device.Precision;
import org.klif.testing.NeuronCase;
import org.klif.testing.NeuronRun;
import org.klif.testing.ShippedNeurons;
import org.klif.testing.ShippedNeuronsContract;

/** The neuron files that come with Klif, on the CPU. */
class ShippedNeuronsTest extends ShippedNeuronsContract {
  @Override
  protected Device open() {
    return new CpuDevice(2, Precision.FLOAT32);
  }

  @Test
  void theNumberOfThreadsChangesNoBit() {
    for (NeuronCase c : cases().subList(8, 20)) {
      NeuronCase.Inputs in = c.draw().inputs();
      NeuronRun expected;
      try (Device two = open()) {
        expected = NeuronRun.of(ShippedNeurons.over(two), c, in);
      }
      try (Device one = new CpuDevice(1, Precision.FLOAT32);
          Device three = new CpuDevice(3, Precision.FLOAT32)) {
        NeuronRun.of(ShippedNeurons.over(one), c, in).assertSameBits(expected);
        NeuronRun.of(ShippedNeurons.over(three), c, in).assertSameBits(expected);
      }
    }
  }
}
