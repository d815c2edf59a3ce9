package org.klif.cli;

import org.klif.UsageException;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the commands that work on a device without a run. */
final class DeviceChoice {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto (default), cpu, cuda, cuda:N or sim.")
  String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads of a CPU device; 0 (default): all processors.")
  int threads;

  @Mixin AcceleratorOptions accelerator = new AcceleratorOptions();

  /** The options of a device for klif kernel; a wrong one is a usage error. */
  DeviceOptions options() {
    DeviceOptions options = accelerator.options(threads);
    if (options.precision().activationType() != DType.FLOAT32) {
      throw new UsageException(
          "klif kernel needs float32 activations; --precision %s has others"
              .formatted(options.precision().token()));
    }
    return options;
  }

  /** The options of a device for verify and gradcheck; a wrong one is a usage error. */
  DeviceOptions comparedOptions() {
    DeviceOptions options = accelerator.options(threads);
    Precision precision = options.precision();
    if (precision != Precision.FLOAT32 && precision != Precision.BF16) {
      throw new UsageException(
          "golden vectors and gradient checks have tolerances for float32 and bf16, not for"
              + " --precision "
              + precision.token());
    }
    return options;
  }

  /** Opens it; for auto, a line says what was taken. */
  Device open(Console console, DeviceOptions options) {
    Device opened = console.opened(Devices.open(device, options));
    if (device.equals("auto")) {
      console.out().println(Devices.explainAuto());
    }
    return opened;
  }
}
