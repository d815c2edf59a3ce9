package org.klif.device;

import java.nio.ByteBuffer;
import org.klif.tensor.HalfFloats;

/** Element types of device memory. */
public enum DType {
  /** IEEE single precision. */
  FLOAT32(4),
  /** Signed 32-bit integer: labels, counters. */
  INT32(4),
  /** The upper half of a float32: 8 bits of exponent, 7 of mantissa. */
  BFLOAT16(2),
  /** IEEE half precision: 5 bits of exponent, 10 of mantissa. */
  FLOAT16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether transfers take and give float values, converted where the type is narrower. */
  public boolean isFloating() {
    return this != INT32;
  }

  /** Whether an element is a float of 16 bits. */
  public boolean isHalf() {
    return bytes == 2;
  }

  /**
   * The 16 bits nearest to a value, ties to the even one; beyond the largest value infinity.
   *
   * @throws IllegalStateException for a type that has not 16 bits
   */
  public short toBits(float value) {
    return switch (this) {
      case BFLOAT16 -> HalfFloats.bfloat16(value);
      case FLOAT16 -> HalfFloats.float16(value);
      case FLOAT32, INT32 -> throw new IllegalStateException(this + " has not 16 bits");
    };
  }

  /**
   * The value of 16 bits, exactly.
   *
   * @throws IllegalStateException for a type that has not 16 bits
   */
  public float toFloat(short bits) {
    return switch (this) {
      case BFLOAT16 -> Float.intBitsToFloat(bits << Short.SIZE);
      case FLOAT16 -> HalfFloats.fromFloat16(bits);
      case FLOAT32, INT32 -> throw new IllegalStateException(this + " has not 16 bits");
    };
  }

  /** Writes float values to the start of memory, rounded to nearest even where it is narrower. */
  public void write(float[] source, int offset, int length, ByteBuffer target) {
    if (this == FLOAT32) {
      target.asFloatBuffer().put(source, offset, length);
    } else {
      for (int i = 0; i < length; i++) {
        target.putShort(2 * i, toBits(source[offset + i]));
      }
    }
  }

  /** Reads float values from the start of memory. */
  public void read(ByteBuffer source, float[] target, int offset, int length) {
    if (this == FLOAT32) {
      source.asFloatBuffer().get(target, offset, length);
    } else {
      for (int i = 0; i < length; i++) {
        target[offset + i] = toFloat(source.getShort(2 * i));
      }
    }
  }
}
