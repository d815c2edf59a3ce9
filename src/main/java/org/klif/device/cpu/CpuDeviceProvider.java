package org.klif.device.cpu;

import java.util.List;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
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
  public List<DeviceInfo> describe() {
    try (Device device = open(0, DeviceOptions.defaults())) {
      return List.of(device.info());
    }
  }

  @Override
  public Device open(int number, DeviceOptions options) {
    if (number > 0) {
      throw new UsageException("there is one CPU device: --device cpu, not cpu:" + number);
    }
    int threads =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    return new CpuDevice(threads);
  }
}
