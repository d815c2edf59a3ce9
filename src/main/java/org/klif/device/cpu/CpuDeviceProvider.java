package org.klif.device.cpu;

import java.util.List;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;
import org.klif.device.Precision;

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
    refuse(
        options.precision() != Precision.FLOAT32,
        "the CPU computes in float32 only, not in %s; leave --precision out, or use --device cuda"
            .formatted(options.precision().token()));
    refuse(
        options.fast(),
        "the CPU has no choice of algorithms; leave --fast out, or use --device cuda");
    refuse(options.memoryLimit() > 0, "the CPU has no GPU memory to limit; leave --gpu-memory out");
    refuse(
        options.keepCharged(),
        "the CPU always computes F again in the backward pass; leave keepCharged out");
    // graph says nothing here: nothing is ever replayed
    int threads =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    return new CpuDevice(threads);
  }

  private static void refuse(boolean has, String message) {
    if (has) {
      throw new UsageException(message);
    }
  }
}
