package org.klif.reproduce;

import org.klif.device.Devices;

/** Whether a row that needs a GPU can have one. */
final class Accelerators {
  private static final String CPU = "cpu";

  /**
   * Whether a device of this name is not the CPU.
   *
   * @param device as in the option {@code --device}
   */
  static boolean mayServe(String device) {
    if (!device.equals("auto")) {
      return !device.equals(CPU);
    }
    return Devices.providers().stream()
        .filter(provider -> provider.reasonAgainstAuto().isEmpty())
        .findFirst()
        .map(provider -> !provider.name().equals(CPU))
        .orElse(false);
  }

  private Accelerators() {}
}
