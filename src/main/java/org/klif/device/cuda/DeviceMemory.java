package org.klif.device.cuda;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;

import java.util.HashSet;
import java.util.Set;
import jcuda.driver.CUresult;
import org.jspecify.annotations.Nullable;
import org.klif.device.OutOfDeviceMemory;

/**
 * All device memory of one device, up to a bound, so that several runs can share one GPU. Buffers
 * are planned once for a network, so each is one allocation of the driver.
 */
final class DeviceMemory implements AutoCloseable {
  private final CudaContext context;
  private final long limit;
  private final Set<Block> blocks = new HashSet<>();
  private long live;

  /**
   * Memory of a device.
   *
   * @param limit most bytes at a time; 0 for all the GPU has
   */
  DeviceMemory(CudaContext context, long limit) {
    this.context = context;
    this.limit = limit;
  }

  /** One allocation. */
  final class Block implements AutoCloseable {
    private final DeviceAddress address;
    private final long bytes;
    private boolean freed;

    private Block(DeviceAddress address, long bytes) {
      this.address = address;
      this.bytes = bytes;
    }

    /** Where it begins. */
    DeviceAddress address() {
      return address;
    }

    /** Its size. */
    long bytes() {
      return bytes;
    }

    /** Whether it was freed. */
    boolean isFreed() {
      return freed;
    }

    @Override
    public void close() {
      if (freed) {
        return;
      }
      freed = true;
      blocks.remove(this);
      live -= bytes;
      if (!context.isLost()) {
        context.makeCurrent();
        context.check(cuMemFree(address), "cuMemFree", bytes + " bytes");
      }
    }
  }

  /** New memory, zeroed on the compute stream. */
  Block allocate(long bytes) {
    context.requireNoCapture("an allocation");
    if (limit > 0 && live + bytes > limit) {
      throw new OutOfDeviceMemory(bytes, live, limit, "gpuMemory bounds this run");
    }
    context.makeCurrent();
    DeviceAddress address = new DeviceAddress();
    int status = cuMemAlloc(address, bytes);
    if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new OutOfDeviceMemory(bytes, live, live + free(), "the rest is in use by others");
    }
    context.check(status, "cuMemAlloc", bytes + " bytes");
    Block block = new Block(address, bytes);
    blocks.add(block);
    live += bytes;
    try {
      context.check(
          cuMemsetD8Async(address, (byte) 0, bytes, context.stream()),
          "cuMemsetD8Async",
          bytes + " bytes");
    } catch (RuntimeException e) {
      try (block) { // a failure to close is suppressed onto the first
        throw e;
      }
    }
    return block;
  }

  /** Bytes this run can have at most, whatever others use now; 0 when the driver does not say. */
  long most() {
    long[] free = new long[1];
    long[] total = new long[1];
    if (limit > 0) {
      return limit;
    }
    context.makeCurrent();
    return cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS ? total[0] : 0;
  }

  /** Bytes free on the GPU now, 0 when the driver does not say. */
  long free() {
    long[] free = new long[1];
    long[] total = new long[1];
    return cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS ? free[0] : 0;
  }

  /** Bytes in use by this device's buffers and workspaces. */
  long live() {
    return live;
  }

  /** Frees what is left; a later failure is suppressed onto the first. */
  @Override
  public void close() {
    @Nullable RuntimeException first = null;
    for (Block block : Set.copyOf(blocks)) {
      try {
        block.close();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
