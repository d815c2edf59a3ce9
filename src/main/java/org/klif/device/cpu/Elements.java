package org.klif.device.cpu;

import org.klif.device.DType;

/**
 * Elements in native memory as the inner loops take them. They compute in float32; numbers that are
 * bfloat16 in memory are widened as they are read, and rounded as they are written: to the nearest,
 * ties to even.
 *
 * @param bytes all of them
 * @param half elements are bfloat16, else float32
 */
public record Elements(Bytes bytes, boolean half) {
  /** Room for so many numbers, which the garbage collector takes. */
  static Elements allocate(int size, boolean half) {
    return new Elements(Bytes.allocate((half ? Short.BYTES : Float.BYTES) * size), half);
  }

  /** Bytes of an element. */
  public int elementBytes() {
    return half ? Short.BYTES : Float.BYTES;
  }

  /** Number of elements. */
  int size() {
    return bytes.size() / elementBytes();
  }

  /** One element. */
  public float get(int at) {
    return half
        ? DType.BFLOAT16.toFloat(bytes.getShort(Short.BYTES * at))
        : bytes.getFloat(Float.BYTES * at);
  }

  /** Sets one element. */
  public void set(int at, float value) {
    if (half) {
      bytes.putShort(Short.BYTES * at, DType.BFLOAT16.toBits(value));
    } else {
      bytes.putFloat(Float.BYTES * at, value);
    }
  }

  /** Sets elements to 0. */
  void zero(int from, int count) {
    bytes.zero(from * elementBytes(), count * elementBytes());
  }
}
