package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;

import jcuda.Pointer;
import org.klif.device.DType;

/** Copies between arrays and device memory, ordered with the compute stream. */
final class Transfers {
  private final CudaContext context;

  Transfers(CudaContext context) {
    this.context = context;
  }

  /** Copies length elements to a place on the device, converted to a floating type. */
  void upload(DType type, float[] source, int sourceOffset, DeviceAddress target, int length) {
    if (type == DType.FLOAT32) {
      upload(Pointer.to(source).withByteOffset(4L * sourceOffset), target, 4L * length);
      return;
    }
    short[] halves = new short[length];
    for (int i = 0; i < length; i++) {
      halves[i] = type.toBits(source[sourceOffset + i]);
    }
    upload(Pointer.to(halves), target, 2L * length);
  }

  /** Copies length elements to a place on the device. */
  void upload(int[] source, int sourceOffset, DeviceAddress target, int length) {
    upload(Pointer.to(source).withByteOffset(4L * sourceOffset), target, 4L * length);
  }

  private void upload(Pointer source, DeviceAddress target, long bytes) {
    context.synchronize();
    context.check(cuMemcpyHtoD(target, source, bytes), "cuMemcpyHtoD", bytes + " bytes");
  }

  /** Copies length elements of a floating type from a place on the device, and waits. */
  void download(DType type, DeviceAddress source, float[] target, int targetOffset, int length) {
    if (type == DType.FLOAT32) {
      download(Pointer.to(target).withByteOffset(4L * targetOffset), source, 4L * length);
      return;
    }
    short[] halves = new short[length];
    download(Pointer.to(halves), source, 2L * length);
    for (int i = 0; i < length; i++) {
      target[targetOffset + i] = type.toFloat(halves[i]);
    }
  }

  /** The float64 number at a place on the device; waits. */
  double readDouble(DeviceAddress source) {
    double[] value = new double[1];
    download(Pointer.to(value), source, Double.BYTES);
    return value[0];
  }

  /** The integers at a place on the device; waits. */
  int[] readInts(DeviceAddress source, int count) {
    int[] values = new int[count];
    download(Pointer.to(values), source, 4L * count);
    return values;
  }

  private void download(Pointer target, DeviceAddress source, long bytes) {
    context.synchronize();
    context.check(cuMemcpyDtoH(target, source, bytes), "cuMemcpyDtoH", bytes + " bytes");
  }
}
