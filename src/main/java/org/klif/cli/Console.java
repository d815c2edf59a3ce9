package org.klif.cli;

import java.io.PrintStream;
import org.klif.device.Device;

/**
 * Where a command prints.
 *
 * @param out results and progress
 * @param err errors
 * @param terminal out is a terminal: a progress bar may redraw its line
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {
  /** One sentence that is no error. */
  void warn(String sentence) {
    err.println("klif: warning: " + sentence);
  }

  /** Says what a device lacks that was just opened, and returns it. */
  Device opened(Device device) {
    device.info().notices().forEach(this::warn);
    return device;
  }
}
