package org.klif.device;

/**
 * One thing that a device is given to do: a kernel, a library's call, a copy or a fill.
 *
 * @param name of the kernel, or of the driver's or the library's function
 * @param read bytes that must come from the device's memory: each array once
 * @param written bytes that must go there
 * @param operations on floating-point numbers; a multiply-add is two
 * @param neuronSteps of a pass of neurons; else 0
 */
public record Launch(
    String name, double read, double written, double operations, double neuronSteps) {
  /** Of anything but neurons. */
  public Launch(String name, double read, double written, double operations) {
    this(name, read, written, operations, 0);
  }
}
