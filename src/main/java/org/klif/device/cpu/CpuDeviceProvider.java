package org.klif.device.cpu;

import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;

/** The CPU device: works everywhere. */
public final class CpuDeviceProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public String unavailableReason() {
    return "";
  }

  @Override
  public Device open(DeviceOptions options) {
    int threads =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    return new CpuDevice(threads);
  }
}
