package org.klif.device.cpu;

import org.klif.device.DType;

/**
 * Numbers in device memory as the inner loops take them, which is float32. Where they are bfloat16
 * in memory, a piece is widened to a stage in the first-level cache, and a result rounded on its
 * way back: to the nearest, ties to even.
 */
final class Numbers {
  private final Bytes bytes;
  private final boolean narrow;
  private final Kernels kernels;

  /**
   * All of the bytes, in the machine's byte order.
   *
   * @param type FLOAT32 or BFLOAT16
   */
  Numbers(Bytes bytes, DType type, Kernels kernels) {
    this.bytes = bytes;
    this.narrow = type == DType.BFLOAT16;
    this.kernels = kernels;
  }

  /** Number of elements. */
  int size() {
    return bytes.size() / (narrow ? Short.BYTES : Float.BYTES);
  }

  /**
   * Memory that has n elements from element {@code at} on as float32: that of the numbers, or the
   * stage. They begin at {@link #offset}.
   */
  Bytes read(Bytes stage, int at, int n) {
    if (!narrow) {
      return bytes;
    }
    kernels.widen(bytes, Short.BYTES * at, stage, 0, n);
    return stage;
  }

  /** Memory to write float32 numbers to from {@link #offset} on; {@link #wrote} follows. */
  Bytes place(Bytes stage) {
    return narrow ? stage : bytes;
  }

  /** n elements from element {@code at} on are written. */
  void wrote(Bytes stage, int at, int n) {
    if (narrow) {
      kernels.round(stage, 0, bytes, Short.BYTES * at, n);
    }
  }

  /** Byte offset of element {@code at} in what {@link #read} and {@link #place} return. */
  int offset(int at) {
    return narrow ? 0 : Float.BYTES * at;
  }

  /** One element. */
  float get(int at) {
    return narrow
        ? DType.BFLOAT16.toFloat(bytes.getShort(Short.BYTES * at))
        : bytes.getFloat(Float.BYTES * at);
  }

  /** Sets one element. */
  void set(int at, float value) {
    if (narrow) {
      bytes.putShort(Short.BYTES * at, DType.BFLOAT16.toBits(value));
    } else {
      bytes.putFloat(Float.BYTES * at, value);
    }
  }
}
