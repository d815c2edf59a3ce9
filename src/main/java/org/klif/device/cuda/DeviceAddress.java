package org.klif.device.cuda;

import jcuda.driver.CUdeviceptr;

/** A device pointer of JCuda whose number can be read, for kernel arguments and libraries. */
final class DeviceAddress extends CUdeviceptr {
  /** Not pointing anywhere yet: the driver fills it in. */
  DeviceAddress() {}

  /** A place inside the memory at base. */
  DeviceAddress(DeviceAddress base, long byteOffset) {
    super(base, byteOffset);
  }

  /** The address as a number. */
  long value() {
    return getNativePointer() + getByteOffset();
  }

  @Override
  public DeviceAddress withByteOffset(long byteOffset) {
    return new DeviceAddress(this, byteOffset);
  }
}
