package org.klif.device;

import org.klif.UsageException;

/**
 * How a device is opened.
 *
 * @param threads threads of a CPU device; 0 means all processors
 */
public record DeviceOptions(int threads) {
  /** Checks the number of threads. */
  public DeviceOptions {
    if (threads < 0 || threads > 1024) {
      throw new UsageException("--threads must be between 0 (all) and 1024, not " + threads);
    }
  }

  /** All processors. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(0);
  }
}
