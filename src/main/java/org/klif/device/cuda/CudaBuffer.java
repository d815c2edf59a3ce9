package org.klif.device.cuda;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;

/** Memory of a GPU, 256-byte aligned (views: aligned to their elements). */
final class CudaBuffer implements Buffer {
  private final CudaDevice device;
  private final DeviceMemory.Block block;
  private final boolean owner;
  private final DType type;
  private final long offset;
  private final long size;

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
    this.device = device;
    this.block = block;
    this.owner = owner;
    this.type = type;
    this.offset = offset;
    this.size = size;
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

  /**
   * Refuses a buffer of another size; kernels do not check.
   *
   * @param what what the buffer holds, for the message
   */
  static void requireSize(String what, Buffer buffer, long size) {
    if (buffer.size() != size) {
      throw new KlifException(
          "%s has %d elements where %d are needed".formatted(what, buffer.size(), size));
    }
  }

  /** The same for a buffer that may be absent. */
  static void requireSizeIfGiven(String what, @Nullable Buffer buffer, long size) {
    if (buffer != null) {
      requireSize(what, buffer, size);
    }
  }

  /** Refuses a buffer of another type; kernels read what they are given. */
  static void requireType(String what, Buffer buffer, DType type) {
    if (buffer.type() != type) {
      throw new KlifException(
          "%s holds %s where %s is needed".formatted(what, buffer.type(), type));
    }
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
    return block.address().withByteOffset((offset + element) * type.bytes());
  }

  /** Size in memory. */
  long bytes() {
    return size * type.bytes();
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Buffer view(long from, long count) {
    checkRange(from, count);
    return new CudaBuffer(device, block, false, type, offset + from, count);
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
  public void upload(float[] source, int sourceOffset, long to, int length) {
    checkFloating(to, length);
    if (length > 0) {
      device.transfers().upload(type, source, sourceOffset, pointer(to), length);
    }
  }

  @Override
  public void download(long from, float[] target, int targetOffset, int length) {
    checkFloating(from, length);
    if (length > 0) {
      device.transfers().download(type, pointer(from), target, targetOffset, length);
    }
  }

  @Override
  public void upload(int[] source, int sourceOffset, long to, int length) {
    if (type != DType.INT32) {
      throw new KlifException("a transfer of integers to a buffer of " + type);
    }
    checkRange(to, length);
    if (length > 0) {
      device.transfers().upload(source, sourceOffset, pointer(to), length);
    }
  }

  private void checkFloating(long from, int length) {
    if (!type.isFloating()) {
      throw new KlifException("a transfer of floats to or from a buffer of " + type);
    }
    checkRange(from, length);
  }

  private void checkRange(long from, long count) {
    if (from < 0 || count < 0 || from + count > size) {
      throw new KlifException(
          "elements %d to %d are outside a buffer of %d".formatted(from, from + count, size));
    }
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
    return "cuda buffer of %d %s".formatted(size, type);
  }
}
