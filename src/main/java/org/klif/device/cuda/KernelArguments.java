package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.Launch;

/** The arguments of one launch, in the kernel's order, and what the launch moves and computes. */
final class KernelArguments {
  /** Bytes that all parameters of a kernel can have. */
  static final int MOST_BYTES = 4096;

  /** No scalar or pointer is larger; a struct's start is aligned to it. */
  private static final int ALIGNMENT = 8;

  private ByteBuffer values = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
  private int[] offsets = new int[16];
  private @Nullable Buffer[] buffers = new Buffer[16];
  private int count;
  private double read;
  private double written;
  private double operations = Double.NaN;
  private long neuronSteps;

  /** Address of a buffer that is read once, 0 for null. */
  KernelArguments reads(@Nullable Buffer buffer) {
    return buffer(buffer).moves(bytes(buffer), 0);
  }

  /** Address of a buffer that is written, 0 for null. */
  KernelArguments writes(@Nullable Buffer buffer) {
    return buffer(buffer).moves(0, bytes(buffer));
  }

  /** Address of a buffer that is read and written, 0 for null. */
  KernelArguments updates(@Nullable Buffer buffer) {
    return buffer(buffer).moves(bytes(buffer), bytes(buffer));
  }

  /** Address of a buffer that this launch does not touch, or nearly so; 0 for null. */
  KernelArguments passes(@Nullable Buffer buffer) {
    return buffer(buffer);
  }

  /** Address of a buffer that is read under a condition only. */
  KernelArguments readsWhere(boolean read, Buffer buffer) {
    return read ? reads(buffer) : passes(buffer);
  }

  private KernelArguments buffer(@Nullable Buffer buffer) {
    next(buffer, Long.BYTES).putLong(CudaBuffer.addressOrZero(buffer));
    return this;
  }

  private static double bytes(@Nullable Buffer buffer) {
    return buffer == null ? 0 : CudaBuffer.of(buffer).bytes();
  }

  /** More bytes that the launch reads and writes, where the address does not tell. */
  KernelArguments moves(double moreRead, double moreWritten) {
    read += moreRead;
    written += moreWritten;
    return this;
  }

  /** What the launch computes: so many operations for each of the items. */
  KernelArguments computes(int each, long items) {
    operations = (double) each * items;
    return this;
  }

  /** What a pass of neurons computes: so many operations for each neuron-step. */
  KernelArguments carries(int each, long steps) {
    neuronSteps = steps;
    return computes(each, steps);
  }

  /** What a launch of the kernel with these arguments costs. */
  Launch launch(String kernel) {
    if (Double.isNaN(operations)) {
      throw new KlifException("nobody says what kernel %s computes".formatted(kernel));
    }
    return new Launch(kernel, read, written, operations, neuronSteps);
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
