package org.klif.device.cpu.dnnl;

import org.klif.KlifException;

/** Turns oneDNN's status codes into errors. */
final class Status {
  private static final String[] NAMES = {
    "success",
    "out of memory",
    "invalid arguments",
    "unimplemented",
    "last implementation reached",
    "runtime error",
    "not required"
  };

  private Status() {}

  /**
   * Throws when {@code status} is not success.
   *
   * @param call name of the C function
   * @param work what it was for, with its shapes
   */
  static void check(int status, String call, Object work) {
    if (status != 0) {
      String name = status > 0 && status < NAMES.length ? NAMES[status] : "unknown";
      throw new KlifException(
          "oneDNN refused " + work + ": " + call + " gave status " + status + " (" + name + ").");
    }
  }
}
