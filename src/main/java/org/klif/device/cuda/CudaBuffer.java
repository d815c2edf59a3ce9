package org.klif.device.cuda;

import java.util.Objects;
import java.util.function.Supplier;
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
  private final @Nullable CudaBuffer rounded;

  CudaBuffer(CudaDevice device, DeviceMemory.Block block, DType type, long size) {
    this(device, block, true, type, 0, size, null);
  }

  /** Learned numbers in FLOAT32 with a rounded copy, which this buffer then owns. */
  CudaBuffer(CudaDevice device, DeviceMemory.Block block, long size, CudaBuffer rounded) {
    this(device, block, true, DType.FLOAT32, 0, size, rounded);
  }

  private CudaBuffer(
      CudaDevice device,
      DeviceMemory.Block block,
      boolean owner,
      DType type,
      long offset,
      long size,
      @Nullable CudaBuffer rounded) {
    super(type, offset, size);
    this.rounded = rounded;
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

  /** The same numbers rounded to activations' type, kept up to date by whoever writes; or null. */
  @Nullable CudaBuffer rounded() {
    return rounded;
  }

  /**
   * Weights in a type that products read: themselves, or their rounded copy.
   *
   * @param scratch memory for a copy made now, where they have none
   */
  CudaBuffer weights(DType wanted, Supplier<CudaBuffer> scratch) {
    if (type() == wanted) {
      return this;
    }
    if (rounded != null) {
      return rounded;
    }
    CudaBuffer copy = scratch.get();
    device.copy(this, copy);
    return copy;
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
    return new CudaBuffer(device, block, false, newType, byteOffset / newType.bytes(), count, null);
  }

  @Override
  protected CudaBuffer part(long from, long start, long count) {
    CudaBuffer copy = rounded == null ? null : rounded.part(from, start, count);
    return new CudaBuffer(device, block, false, type(), start, count, copy);
  }

  @Override
  protected void write(float[] source, int sourceOffset, long to, int length) {
    if (rounded != null) {
      rounded.write(source, sourceOffset, to, length);
    }
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
      if (rounded != null) {
        rounded.block.close();
      }
    }
  }

  @Override
  public String toString() {
    return "cuda buffer of %d %s".formatted(size(), type());
  }
}
