package org.klif.device.cpu;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.DeviceBuffer;
import org.klif.device.cpu.dnnl.NativeMemory;

/** Native memory of the CPU device, 64-byte aligned. */
final class CpuBuffer extends DeviceBuffer {
  private final CpuDevice device;
  private final NativeMemory memory;
  private final boolean owner;
  private final @Nullable Bytes bytes;
  private final @Nullable CpuBuffer rounded;

  CpuBuffer(CpuDevice device, NativeMemory memory, DType type, long size) {
    this(device, memory, true, type, 0, size, null);
  }

  /** Learned numbers in FLOAT32 with a rounded copy, which this buffer then owns. */
  CpuBuffer(CpuDevice device, NativeMemory memory, long size, CpuBuffer rounded) {
    this(device, memory, true, DType.FLOAT32, 0, size, rounded);
  }

  private CpuBuffer(
      CpuDevice device,
      NativeMemory memory,
      boolean owner,
      DType type,
      long offset,
      long size,
      @Nullable CpuBuffer rounded) {
    super(type, offset, size);
    this.rounded = rounded;
    this.device = device;
    this.memory = memory;
    this.owner = owner;
    // a Java buffer is indexed by int: larger memory is reached through views of at most 2 GiB
    this.bytes = size * type.bytes() <= Integer.MAX_VALUE ? bytes(0, size) : null;
  }

  /**
   * The FLOAT32 buffer of the CPU behind an argument; another type's or device's is refused, as
   * neither native code nor our loops look at the type.
   */
  static CpuBuffer of(Buffer buffer) {
    return of(DType.FLOAT32, buffer);
  }

  /** The same for INT32: labels, counters. */
  static CpuBuffer ofInts(Buffer buffer) {
    return of(DType.INT32, buffer);
  }

  /** The same for any type. */
  static CpuBuffer of(DType wanted, Buffer buffer) {
    CpuBuffer cpu = ofAny(buffer);
    if (cpu.type() != wanted) {
      throw new KlifException(
          "a buffer of %s was given where the CPU device needs one of %s"
              .formatted(cpu.type(), wanted));
    }
    return cpu;
  }

  /** The CPU buffer behind an argument, of any type. */
  static CpuBuffer ofAny(Buffer buffer) {
    if (buffer instanceof CpuBuffer cpu) {
      return cpu;
    }
    throw new KlifException("a buffer of another device was given to the CPU device: " + buffer);
  }

  /** The same numbers rounded to activations' type, kept up to date by whoever writes; or null. */
  @Nullable CpuBuffer rounded() {
    return rounded;
  }

  /** All numbers of a buffer of FLOAT32 or BFLOAT16 up to 2 GiB. */
  Elements elements() {
    return elements(bytes());
  }

  /** count numbers from an element on. */
  Elements elements(long from, long count) {
    return elements(bytes(from, count));
  }

  private Elements elements(Bytes part) {
    if (type() != DType.FLOAT32 && type() != DType.BFLOAT16) {
      throw new KlifException(
          "a buffer of %s was given where the CPU device computes".formatted(type()));
    }
    return new Elements(part, type() == DType.BFLOAT16);
  }

  /** Address of the first element. */
  long address() {
    return memory.address() + byteOffset(0);
  }

  /** Address, or 0 for null. */
  static long addressOrZero(@Nullable Buffer buffer) {
    return buffer == null ? 0 : of(buffer).address();
  }

  /** All bytes, for buffers up to 2 GiB. */
  Bytes bytes() {
    memory.address(); // refuses use after close
    if (bytes == null) {
      throw new KlifException(
          "an operation on %d elements at once is over the limit of 2 GiB a tensor; use a smaller batch"
              .formatted(size()));
    }
    return bytes;
  }

  /** Bytes of count elements from an element on. */
  Bytes bytes(long from, long count) {
    return Bytes.of(memory, byteOffset(from), count * type().bytes());
  }

  @Override
  protected CpuBuffer part(long from, long start, long count) {
    CpuBuffer copy = rounded == null ? null : rounded.part(from, start, count);
    return new CpuBuffer(device, memory, false, type(), start, count, copy);
  }

  @Override
  protected void write(float[] source, int sourceOffset, long to, int length) {
    if (rounded != null) {
      rounded.write(source, sourceOffset, to, length);
    }
    type().write(source, sourceOffset, length, bytes(to, length).buffer());
  }

  @Override
  protected void write(int[] source, int sourceOffset, long to, int length) {
    bytes(to, length).buffer().asIntBuffer().put(source, sourceOffset, length);
  }

  @Override
  protected void read(long from, float[] target, int targetOffset, int length) {
    type().read(bytes(from, length).buffer(), target, targetOffset, length);
  }

  @Override
  public void close() {
    if (owner && device.forget(this)) {
      memory.close();
      if (rounded != null) {
        rounded.memory.close();
      }
    }
  }

  @Override
  public String toString() {
    return "cpu buffer of %d %s".formatted(size(), type());
  }
}
