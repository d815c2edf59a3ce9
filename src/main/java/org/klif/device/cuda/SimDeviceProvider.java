package org.klif.device.cuda;

import java.util.List;
import java.util.Optional;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;
import org.klif.device.DeviceProvider;
import org.klif.device.DeviceVerdict;

/** The stand-in driver: CUDA's kernels on the CPU, for tests and machines without a GPU. */
public final class SimDeviceProvider implements DeviceProvider {
  @Override
  public String name() {
    return "sim";
  }

  @Override
  public int priority() {
    return -10;
  }

  @Override
  public String reasonAgainstAuto() {
    return "the stand-in driver is taken when it is named only, as sim";
  }

  @Override
  public String unavailableReason() {
    return SimLibraries.unavailableReason();
  }

  /** Not opened for this: building it takes a minute, and a process can have one driver only. */
  @Override
  public List<DeviceInfo> describe() {
    return unavailableReason().isEmpty()
        ? List.of(
            new DeviceInfo(
                "sim",
                "stand-in driver: the GPU's kernels on the CPU, for tests; slow",
                List.of("built with g++ at first use; auto never takes it")))
        : List.of();
  }

  @Override
  public Optional<DeviceVerdict> verdict() {
    return SimPtx.verdict();
  }

  @Override
  public Device open(int number, DeviceOptions options) {
    SimPtx.isRun(); // a wrong value is said ahead of the driver's build
    Gpus gpus = new Gpus(DriverLibrary.Kind.SIM);
    SimCounts.begin(options.countedMultiprocessors());
    return gpus.open(number, options);
  }
}
