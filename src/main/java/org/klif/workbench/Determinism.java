package org.klif.workbench;

import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.klif.device.Device;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/** The same bits each time, on any number of threads, and in parts as in one piece. */
record Determinism(Neuron.Custom neuron, Consumer<CheckRow> rows) {
  private static final String CHECK = "determinism";

  /**
   * Checks.
   *
   * @param devices opens a device with so many threads; a device without threads gives the same
   */
  void check(IntFunction<Device> devices) {
    CheckCase one =
        new CheckCase(
            "bits",
            neuron,
            new ActivationShape(9, false, 40, 17, 2, 2),
            false,
            false,
            CheckCase.Numbers.AROUND,
            0,
            11);
    CheckInputs inputs;
    DeviceResults first;
    try (Device device = devices.apply(1)) {
      inputs = new CheckInputs(one, device);
      first = DeviceResults.of(device, one, inputs);
      report("twice", first.difference(DeviceResults.of(device, one, inputs)));
      report("step by step", byStep(device, one, inputs, first));
    }
    for (int threads : new int[] {2, 3}) {
      try (Device device = devices.apply(threads)) {
        report(
            "1 and %d threads".formatted(threads),
            first.difference(DeviceResults.of(device, one, inputs)));
      }
    }
  }

  private void report(String where, String difference) {
    rows.accept(
        difference.isEmpty()
            ? CheckRow.right(CHECK, where, "same bits")
            : CheckRow.wrong(CHECK, where, difference + " differ in their bits"));
  }

  private String byStep(Device device, CheckCase one, CheckInputs inputs, DeviceResults whole) {
    ActivationShape s = one.shape();
    int cells = one.cells();
    try (NeuronSteps steps = new NeuronSteps(device, neuron, s, inputs.raw)) {
      steps.restart(inputs.initial);
      for (int t = 0; t < s.steps(); t++) {
        steps.advance(Arrays.copyOfRange(inputs.x, t * cells, (t + 1) * cells));
        float[] expected = Arrays.copyOfRange(whole.spikes, t * cells, (t + 1) * cells);
        if (!Arrays.equals(steps.spikes(), expected)) {
          return "spikes";
        }
      }
      return Arrays.equals(steps.states(), whole.last) ? "" : "states";
    }
  }
}
