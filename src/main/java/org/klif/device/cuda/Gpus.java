package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;

import java.nio.charset.StandardCharsets;
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

  /** What each one is. */
  List<DeviceInfo> describe() {
    List<DeviceInfo> all = new ArrayList<>();
    int count = count();
    for (int i = 0; i < count; i++) {
      all.add(describe(i));
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
    int end = 0;
    while (end < name.length && name[end] != 0) {
      end++;
    }
    return new DeviceInfo(
        kind == DriverLibrary.Kind.SIM ? "sim" : "cuda:" + number,
        "%s, %.1f GiB"
            .formatted(new String(name, 0, end, StandardCharsets.UTF_8), memory[0] / 1073741824.0),
        List.of("driver: CUDA " + DriverLibrary.version(DriverLibrary.version())));
  }

  /** Opens one. */
  Device open(int number, DeviceOptions options) {
    int count = count();
    if (number >= count) {
      throw new KlifException(
          "--device %s:%d: there is no GPU of this number, the last is %d; klif devices lists them"
              .formatted(kind == DriverLibrary.Kind.SIM ? "sim" : "cuda", number, count - 1));
    }
    DeviceInfo info = describe(number);
    return new CudaDevice(info, new CudaContext(number), options);
  }
}
