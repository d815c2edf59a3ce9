package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import org.klif.KlifException;

/** Page-locked memory of the host: copies from and to it run while the host goes on. */
final class HostMemory extends DriverObject {
  private final Pointer pointer = new Pointer();
  private final ByteBuffer bytes;

  HostMemory(CudaContext context, int size) {
    super(context);
    context.makeCurrent();
    context.check(
        cuMemHostAlloc(pointer, size, 0), "cuMemHostAlloc", size + " bytes of page-locked memory");
    ByteBuffer mapped = pointer.getByteBuffer(0, size);
    if (mapped == null) {
      throw new KlifException("JCuda gives no access to page-locked memory; build Klif again");
    }
    this.bytes = mapped.order(ByteOrder.nativeOrder());
  }

  /** A part of the memory. */
  ByteBuffer bytes(int offset, int length) {
    return bytes.slice(offset, length).order(ByteOrder.nativeOrder());
  }

  /** Pointer to a part of the memory. */
  Pointer pointer(long offset) {
    return pointer.withByteOffset(offset);
  }

  @Override
  void destroy() {
    context.synchronize(); // a copy from or to it may be on its way
    context.check(cuMemFreeHost(pointer), "cuMemFreeHost", "");
  }
}
