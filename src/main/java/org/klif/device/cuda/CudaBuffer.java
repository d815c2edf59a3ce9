package org.klif.device.cuda;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.DeviceBuffer;

/** Memory of a GPU, 256-byte aligned (views: aligned to their elements). */
final class CudaBuffer extends DeviceBuffer {
  private final CudaDevice device;
  private final DeviceMemory.Block block;
  private final boolean owner;

  CudaBuffer(CudaDevice device, DeviceMemory.Block block, DType type, long size) {
    this(device, block, true, type, 0, size);
  }

  private CudaBuffer(
      CudaDevice device,
      DeviceMemory.Block block,
      boolean owner,
      DType type,
      long offset,
      long size) {
    super(type, offset, size);
    this.device = device;
    this.block = block;
    this.owner = owner;
  }

  /** The CUDA buffer behind an argument; another device's is refused. */
  static CudaBuffer of(Buffer buffer) {
    if (buffer instanceof CudaBuffer cuda) {
      return cuda;
    }
    throw new KlifException(
        "a buffer of another device was given to the CUDA device: "
            + Objects.requireNonNull(buffer));
  }

  /** Address of the first element. */
  long address() {
    return pointer().value();
  }

  /** Address, or 0 for null. */
  static long addressOrZero(@Nullable Buffer buffer) {
    return buffer == null ? 0 : of(buffer).address();
  }

  /** Pointer to the first element. */
  DeviceAddress pointer() {
    return pointer(0);
  }

  private DeviceAddress pointer(long element) {
    if (block.isFreed()) {
      throw new KlifException("a closed buffer was used: " + this);
    }
    return block.address().withByteOffset(byteOffset(element));
  }

  /** Size in memory. */
  long bytes() {
    return size() * type().bytes();
  }

  /**
   * A part of the memory as elements of a type.
   *
   * @param byteOffset from the start of the allocation, a multiple of the element's size
   */
  CudaBuffer part(DType newType, long byteOffset, long count) {
    if (byteOffset % newType.bytes() != 0
        || byteOffset < 0
        || byteOffset + count * newType.bytes() > block.bytes()) {
      throw new KlifException(
          "%d %s from byte %d on are outside of %s".formatted(count, newType, byteOffset, this));
    }
    return new CudaBuffer(device, block, false, newType, byteOffset / newType.bytes(), count);
  }

  @Override
  protected Buffer part(long from, long start, long count) {
    return new CudaBuffer(device, block, false, type(), start, count);
  }

  @Override
  protected void write(float[] source, int sourceOffset, long to, int length) {
    device.transfers().upload(type(), source, sourceOffset, pointer(to), length);
  }

  @Override
  protected void write(int[] source, int sourceOffset, long to, int length) {
    device.transfers().upload(source, sourceOffset, pointer(to), length);
  }

  @Override
  protected void read(long from, float[] target, int targetOffset, int length) {
    device.transfers().download(type(), pointer(from), target, targetOffset, length);
  }

  @Override
  public void close() {
    if (owner) {
      device.forget(this);
      block.close();
    }
  }

  @Override
  public String toString() {
    return "cuda buffer of %d %s".formatted(size(), type());
  }
}
