package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;

/** The arguments of one launch, in the kernel's order. */
final class KernelArguments {
  /** Bytes that all parameters of a kernel can have. */
  static final int MOST_BYTES = 4096;

  /** No scalar or pointer is larger; a struct's start is aligned to it. */
  private static final int ALIGNMENT = 8;

  private ByteBuffer values = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
  private int[] offsets = new int[16];
  private @Nullable Buffer[] buffers = new Buffer[16];
  private int count;

  /** Address of a buffer. */
  KernelArguments buffer(Buffer buffer) {
    long address = CudaBuffer.of(buffer).address();
    next(buffer, Long.BYTES).putLong(address);
    return this;
  }

  /** Address of a buffer, 0 for null. */
  KernelArguments nullable(@Nullable Buffer buffer) {
    return buffer == null ? address(0) : buffer(buffer);
  }

  /** An address. */
  KernelArguments address(long address) {
    return i64(address);
  }

  /** An int. */
  KernelArguments i32(int value) {
    next(null, Integer.BYTES).putInt(value);
    return this;
  }

  /** A long long. */
  KernelArguments i64(long value) {
    next(null, Long.BYTES).putLong(value);
    return this;
  }

  /** A float. */
  KernelArguments f32(float value) {
    next(null, Float.BYTES).putFloat(value);
    return this;
  }

  /** A double. */
  KernelArguments f64(double value) {
    next(null, Double.BYTES).putDouble(value);
    return this;
  }

  /** A struct passed by value, in the machine's byte order, from position to limit. */
  KernelArguments bytes(ByteBuffer struct) {
    next(null, struct.remaining()).put(struct.duplicate());
    return this;
  }

  private ByteBuffer next(@Nullable Buffer buffer, int bytes) {
    int at = (values.position() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (at + bytes > values.capacity()) {
      values =
          ByteBuffer.allocate(2 * (at + bytes)).order(ByteOrder.nativeOrder()).put(values.flip());
    }
    if (count == offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * count);
      buffers = Arrays.copyOf(buffers, 2 * count);
    }
    values.position(at);
    offsets[count] = at;
    buffers[count] = buffer;
    count++;
    return values;
  }

  /** Number of arguments. */
  int count() {
    return count;
  }

  /** Where an argument begins in what {@link #writeTo} writes. */
  int offset(int argument) {
    return offsets[argument];
  }

  /** Writes all values from position 0 on. */
  void writeTo(ByteBuffer target) {
    target.clear().put(values.duplicate().flip());
  }

  /** The buffers, for the message of a failure. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "buffers: ", "");
    text.setEmptyValue("no buffers");
    for (int i = 0; i < count; i++) {
      if (buffers[i] != null) {
        text.add("argument %d %d %s".formatted(i, buffers[i].size(), buffers[i].type()));
      }
    }
    return text.toString();
  }
}
