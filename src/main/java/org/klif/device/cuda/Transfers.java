package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;

import jcuda.Pointer;

/** Copies between arrays and device memory, ordered with the compute stream. */
final class Transfers {
  private final CudaContext context;

  Transfers(CudaContext context) {
    this.context = context;
  }

  /** Copies length elements to a place on the device. */
  void upload(float[] source, int sourceOffset, DeviceAddress target, int length) {
    upload(Pointer.to(source).withByteOffset(4L * sourceOffset), target, 4L * length);
  }

  /** Copies length elements to a place on the device. */
  void upload(int[] source, int sourceOffset, DeviceAddress target, int length) {
    upload(Pointer.to(source).withByteOffset(4L * sourceOffset), target, 4L * length);
  }

  private void upload(Pointer source, DeviceAddress target, long bytes) {
    context.synchronize();
    context.check(cuMemcpyHtoD(target, source, bytes), "cuMemcpyHtoD", bytes + " bytes");
  }

  /** Copies length elements from a place on the device, and waits. */
  void download(DeviceAddress source, float[] target, int targetOffset, int length) {
    context.synchronize();
    context.check(
        cuMemcpyDtoH(Pointer.to(target).withByteOffset(4L * targetOffset), source, 4L * length),
        "cuMemcpyDtoH",
        4L * length + " bytes");
  }
}
