package org.klif.workbench;

import java.util.Optional;
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
 * @param expected what one neuron should do under some currents, where there is a file that says so
 * @param reduced fewer cases, for tests and a quick look
 */
public record KernelCheck(Neuron.Custom neuron, Optional<ExpectedFile> expected, boolean reduced) {

  /**
   * Runs them.
   *
   * @param devices opens a device with so many threads, 0 for its default
   * @param each told every row as soon as it is there
   * @throws KlifException with the user's file and line when the neuron does not compile
   */
  public void run(IntFunction<Device> devices, Consumer<CheckRow> each) {
    if (neuron.surrogate() != null) {
      SurrogateCheck.check(neuron.surrogate(), neuron.common().surrogate().alpha(), each);
    }
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
      expected.ifPresent(file -> ExpectedCheck.check(device, neuron, file, each));
      new EdgeProbes(device, neuron, each).check();
    }
    new Determinism(neuron, each).check(devices);
  }
}
