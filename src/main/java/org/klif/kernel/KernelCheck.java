package org.klif.kernel;

import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.neuron.Neuron;

/**
 * All checks of a user's neuron on a device: gradients against a reference, bits, inputs at the
 * edge.
 *
 * @param neuron with the surrogate to check it with
 * @param reduced fewer cases, for tests and a quick look
 */
public record KernelCheck(Neuron.Custom neuron, boolean reduced) {

  /**
   * Runs them.
   *
   * @param devices opens a device with so many threads, 0 for its default
   * @param each told every row as soon as it is there
   * @throws KlifException with the user's file and line when the neuron does not compile
   */
  public void run(IntFunction<Device> devices, Consumer<CheckRow> each) {
    Reference reference = NativeReference.of(neuron);
    try (Device device = devices.apply(0)) {
      GradientCases gradients = new GradientCases(device, reference, each);
      for (CheckCase one : CheckCase.grid(neuron, reduced)) {
        gradients.check(one);
      }
      if (neuron.model().source().text().contains("detach")) {
        each.accept(
            CheckRow.right(
                "detach",
                "all cases",
                "x's gradient differs by up to %.0f %% without it"
                    .formatted(100 * gradients.withheld())));
      }
      new EdgeProbes(device, neuron, each).check();
    }
    new Determinism(neuron, each).check(devices);
  }
}
