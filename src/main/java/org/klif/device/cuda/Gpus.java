package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;

import com.sun.jna.Native;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import org.klif.KlifException;
import org.klif.device.Device;
import org.klif.device.DeviceInfo;
import org.klif.device.DeviceOptions;

/** The GPUs behind one driver: lists and opens them. */
final class Gpus {
  private final DriverLibrary.Kind kind;

  /** Loads the driver; a {@link KlifException} gives reason and remedy. */
  Gpus(DriverLibrary.Kind kind) {
    DriverLibrary.load(kind);
    this.kind = kind;
  }

  /** How many there are. */
  int count() {
    int[] count = new int[1];
    Driver.check(cuDeviceGetCount(count), "cuDeviceGetCount");
    return count[0];
  }

  /** What each one is, and which libraries there are. */
  List<DeviceInfo> describe() {
    List<DeviceInfo> all = new ArrayList<>();
    int count = count();
    List<String> libraries = CudaLibraries.describe();
    for (int i = 0; i < count; i++) {
      DeviceInfo info = describe(i);
      List<String> details = new ArrayList<>(info.details());
      details.addAll(libraries);
      all.add(new DeviceInfo(info.name(), info.description(), details));
    }
    return all;
  }

  private DeviceInfo describe(int number) {
    CUdevice device = new CUdevice();
    Driver.check(cuDeviceGet(device, number), "cuDeviceGet", "number " + number);
    byte[] name = new byte[256];
    Driver.check(cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    long[] memory = new long[1];
    Driver.check(cuDeviceTotalMem(memory, device), "cuDeviceTotalMem");
    CudaLimits limits = CudaContext.limits(device);
    int capability = limits.capability();
    List<String> details = new ArrayList<>();
    details.add(
        "driver supports CUDA %s; compute capability %d.%d, %d multiprocessors"
            .formatted(
                DriverLibrary.version(DriverLibrary.version()),
                capability / 10,
                capability % 10,
                limits.multiprocessors()));
    if (capability < CudaContext.LOWEST_CAPABILITY) {
      details.add("cannot be used: " + CudaContext.TOO_OLD);
    }
    return new DeviceInfo(
        name(number),
        "%s, %.1f GiB".formatted(Native.toString(name), memory[0] / 1073741824.0),
        details);
  }

  /** As --device has it; there is mostly one stand-in, so the first has no number. */
  private String name(int number) {
    if (kind == DriverLibrary.Kind.CUDA) {
      return "cuda:" + number;
    }
    return number == 0 ? "sim" : "sim:" + number;
  }

  /** Opens one. */
  Device open(int number, DeviceOptions options) {
    int count = count();
    if (number >= count) {
      throw new KlifException(
          "device %s:%d: there is no GPU of this number, the last is %d; klif devices lists them"
              .formatted(kind == DriverLibrary.Kind.SIM ? "sim" : "cuda", number, count - 1));
    }
    DeviceInfo info = describe(number);
    return new CudaDevice(info, new CudaContext(number), options);
  }
}
