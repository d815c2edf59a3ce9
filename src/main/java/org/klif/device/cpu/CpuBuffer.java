package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;
import org.klif.device.cpu.dnnl.NativeMemory;

/** Native memory of the CPU device, 64-byte aligned. */
final class CpuBuffer implements Buffer {
  private final CpuDevice device;
  private final NativeMemory memory;
  private final boolean owner;
  private final DType type;
  private final long offset;
  private final long size;
  private final @Nullable ByteBuffer bytes;
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
    this.rounded = rounded;
    this.device = device;
    this.memory = memory;
    this.owner = owner;
    this.type = type;
    this.offset = offset;
    this.size = size;
    // a Java buffer is indexed by int: larger memory is reached through views of at most 2 GiB
    this.bytes =
        size * type.bytes() <= Integer.MAX_VALUE
            ? memory.buffer(offset * type.bytes(), size * type.bytes())
            : null;
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
    if (cpu.type != wanted) {
      throw new KlifException(
          "a buffer of %s was given where the CPU device needs one of %s"
              .formatted(cpu.type, wanted));
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

  /**
   * Refuses a buffer of another size; native code and loops do not check.
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

  /** The same numbers rounded to activations' type, kept up to date by whoever writes; or null. */
  @Nullable CpuBuffer rounded() {
    return rounded;
  }

  /** All of it as float32 numbers, for buffers of FLOAT32 and BFLOAT16 up to 2 GiB. */
  Numbers numbers() {
    return numbers(bytes());
  }

  /** count numbers from an element on. */
  Numbers numbers(long from, long count) {
    return numbers(bytes(from, count));
  }

  private Numbers numbers(ByteBuffer part) {
    if (type != DType.FLOAT32 && type != DType.BFLOAT16) {
      throw new KlifException(
          "a buffer of %s was given where the CPU device computes".formatted(type));
    }
    return new Numbers(part, type, device.kernels());
  }

  /** Address of the first element. */
  long address() {
    return memory.address() + offset * type.bytes();
  }

  /** Address, or 0 for null. */
  static long addressOrZero(@Nullable Buffer buffer) {
    return buffer == null ? 0 : of(buffer).address();
  }

  /** All bytes, for buffers up to 2 GiB. */
  ByteBuffer bytes() {
    memory.address(); // refuses use after close
    if (bytes == null) {
      throw new KlifException(
          "an operation on %d elements at once is over the limit of 2 GiB a tensor; use a smaller batch"
              .formatted(size));
    }
    return bytes;
  }

  /** Bytes of count elements from an element on. */
  ByteBuffer bytes(long from, long count) {
    return memory.buffer((offset + from) * type.bytes(), count * type.bytes());
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
    return part(from, count);
  }

  private CpuBuffer part(long from, long count) {
    checkRange(from, count);
    CpuBuffer copy = rounded == null ? null : rounded.part(from, count);
    return new CpuBuffer(device, memory, false, type, offset + from, count, copy);
  }

  @Override
  public void upload(float[] source, int sourceOffset, long to, int length) {
    checkFloating(to, length);
    if (rounded != null) {
      rounded.upload(source, sourceOffset, to, length);
    }
    if (length > 0 && type == DType.FLOAT32) {
      bytes(to, length).asFloatBuffer().put(source, sourceOffset, length);
    } else if (length > 0) {
      ByteBuffer target = bytes(to, length);
      for (int i = 0; i < length; i++) {
        target.putShort(2 * i, type.toBits(source[sourceOffset + i]));
      }
    }
  }

  @Override
  public void download(long from, float[] target, int targetOffset, int length) {
    checkFloating(from, length);
    if (length > 0 && type == DType.FLOAT32) {
      bytes(from, length).asFloatBuffer().get(target, targetOffset, length);
    } else if (length > 0) {
      ByteBuffer source = bytes(from, length);
      for (int i = 0; i < length; i++) {
        target[targetOffset + i] = type.toFloat(source.getShort(2 * i));
      }
    }
  }

  @Override
  public void upload(int[] source, int sourceOffset, long to, int length) {
    if (type != DType.INT32) {
      throw new KlifException("a transfer of integers to a buffer of " + type);
    }
    checkRange(to, length);
    if (length > 0) {
      bytes(to, length).asIntBuffer().put(source, sourceOffset, length);
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
    if (owner && device.forget(this)) {
      memory.close();
      if (rounded != null) {
        rounded.memory.close();
      }
    }
  }

  @Override
  public String toString() {
    return "cpu buffer of %d %s".formatted(size, type);
  }
}
