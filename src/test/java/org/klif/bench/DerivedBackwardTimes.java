package org.klif.bench;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.neuron.Neuron;
import org.klif.neuron.NeuronOptions;
import org.klif.neuron.file.NeuronLibrary;
import org.klif.testing.HostCompiler;

/**
 * The neuron files that come with Klif beside the neurons written by hand, forward and backward in
 * turn in one process. Nothing is asserted; the figures are printed by {@code mvn -B test
 * -Dtest=DerivedBackwardTimes -Dklif.measure=true}.
 */
@EnabledIfSystemProperty(named = "klif.measure", matches = "true")
class DerivedBackwardTimes {
  private static final int PAIRS = 5;

  @Test
  void besideTheNeuronsByHand() {
    HostCompiler.require();
    try (Device device = Devices.open("cpu", new DeviceOptions(1))) {
      for (String name : NeuronOptions.MODELS) {
        Neuron byHand = NeuronOptions.of(name).neuron();
        print(name, byHand, 8, 1 << 20, device);
        print(name, byHand, 8, 1 << 14, device);
        print(name, byHand, 64, 1 << 17, device);
      }
    }
  }

  private static void print(String name, Neuron byHand, int steps, int neurons, Device device) {
    Neuron derived = NeuronLibrary.fromFile(byHand);
    Pairs pairs = new NeuronBenchmark(derived, steps, neurons).against(byHand, PAIRS, device);
    System.out.printf(
        "%s, T %d, %d neurons: derived %.3f ms, by hand %.3f ms, ratio %.2f%n",
        name,
        steps,
        neurons,
        pairs.firstMedians().median(),
        pairs.secondMedians().median(),
        pairs.ratio());
  }
}
