package org.klif.device.cuda;

import java.util.List;
import org.klif.UsageException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;

/** NVIDIA GPUs through the system's driver. */
public final class CudaDeviceProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int priority() {
    return 10;
  }

  @Override
  public String unavailableReason() {
    return DriverLibrary.unavailableReason();
  }

  /** Training needs the libraries, too. */
  @Override
  public String reasonAgainstAuto() {
    String reason = unavailableReason();
    return reason.isEmpty() ? CudaLibraries.missing() : reason;
  }

  @Override
  public List<String> hints() {
    return DriverLibrary.isLoaded() ? List.of() : CudaLibraries.lookFor();
  }

  @Override
  public List<DeviceInfo> describe() {
    return unavailableReason().isEmpty() ? new Gpus(DriverLibrary.Kind.CUDA).describe() : List.of();
  }

  @Override
  public Device open(int number, DeviceOptions options) {
    if (options.countedMultiprocessors() > 0) {
      throw new UsageException("a GPU's driver counts no launches; use the device sim");
    }
    return new Gpus(DriverLibrary.Kind.CUDA).open(number, options);
  }
}
