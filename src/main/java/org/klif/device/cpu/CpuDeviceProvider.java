package org.klif.device.cpu;

import java.util.List;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;
import org.klif.device.Precision;
import org.klif.device.cpu.dnnl.OneDnn;

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
      throw new UsageException("there is one CPU device: cpu, not cpu:" + number);
    }
    Precision precision = options.precision();
    refuse(
        precision != Precision.FLOAT32 && precision != Precision.BF16,
        "the CPU computes in float32 or bf16, not in %s; choose one of these, or use the device cuda"
            .formatted(precision.token()));
    refuse(
        precision == Precision.BF16 && !OneDnn.hasBfloat16Products() && !emulated(),
        "this processor has no products of bfloat16 (oneDNN uses %s); use float32, or set"
                .formatted(OneDnn.isa())
            + " KLIF_EMULATE_BF16=1 to compute the same numbers slowly");
    refuse(
        options.fast(),
        "the CPU has no choice of algorithms; leave fast out, or use the device cuda");
    refuse(options.memoryLimit() > 0, "the CPU has no GPU memory to limit; leave gpuMemory out");
    refuse(
        options.keepCharged(),
        "the CPU always computes F again in the backward pass; leave keepCharged out");
    refuse(
        options.countedMultiprocessors() > 0,
        "the CPU has no launches to count; use the device sim");
    // graph says nothing here: nothing is ever replayed
    int threads =
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads();
    return new CpuDevice(threads, precision);
  }

  /** Asked for where speed is of no matter: tests. */
  private static boolean emulated() {
    return "1".equals(System.getenv("KLIF_EMULATE_BF16"));
  }

  private static void refuse(boolean has, String message) {
    if (has) {
      throw new UsageException(message);
    }
  }
}
