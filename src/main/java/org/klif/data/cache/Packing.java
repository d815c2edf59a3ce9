package org.klif.data.cache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How the values of one sample are packed: the smallest form that keeps every bit of them. Values
 * of less than a byte fill it from the low bits up; longer ones are little-endian.
 */
enum Packing {
  /** Only 0 and 1: 8 values a byte. */
  BITS(0, 1, 1),
  /** Whole numbers up to 15: 2 values a byte. */
  NIBBLES(1, 4, 15),
  /** Whole numbers up to 255. */
  BYTES(2, 8, 255),
  /** Whole numbers up to 65535. */
  SHORTS(3, 16, 65_535),
  /** Anything else. */
  FLOATS(4, 32, Integer.MAX_VALUE),
  /** Not values at all: bytes that the cache's user understands. */
  OPAQUE(5, 8, 0);

  private final int code;
  private final int bits;
  private final int largest;

  Packing(int code, int bits, int largest) {
    this.code = code;
    this.bits = bits;
    this.largest = largest;
  }

  /** The smallest packing that holds these values. */
  static Packing of(float[] values) {
    int most = 0;
    for (float value : values) {
      int whole = (int) value;
      // Comparing bits also finds -0, NaN and fractions.
      if (Float.floatToRawIntBits(whole) != Float.floatToRawIntBits(value)
          || whole < 0
          || whole > SHORTS.largest) {
        return FLOATS;
      }
      most = Math.max(most, whole);
    }
    for (Packing packing : values()) {
      if (most <= packing.largest) {
        return packing;
      }
    }
    return FLOATS;
  }

  /** The packing of this {@link #code}. */
  static Packing ofCode(int code) {
    for (Packing packing : values()) {
      if (packing.code == code) {
        return packing;
      }
    }
    throw new IllegalArgumentException("no packing has the code " + code);
  }

  /** Its number in a file. */
  int code() {
    return code;
  }

  /** Bytes of so many values. */
  long bytes(int values) {
    return ((long) values * bits + 7) / 8;
  }

  /** The packed bytes. */
  ByteBuffer pack(float[] values) {
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(bytes(values.length))).order(ByteOrder.LITTLE_ENDIAN);
    switch (this) {
      case BITS, NIBBLES -> {
        int each = 8 / bits;
        for (int i = 0; i < values.length; i += each) {
          int packed = 0;
          for (int k = 0; k < Math.min(each, values.length - i); k++) {
            packed |= (int) values[i + k] << (k * bits);
          }
          out.put((byte) packed);
        }
      }
      case BYTES -> {
        for (float value : values) {
          out.put((byte) (int) value);
        }
      }
      case SHORTS -> {
        for (float value : values) {
          out.putShort((short) (int) value);
        }
      }
      case FLOATS -> {
        out.asFloatBuffer().put(values);
        out.position(out.capacity());
      }
      case OPAQUE -> throw new IllegalStateException("opaque bytes hold no values");
    }
    return out.flip();
  }

  /** Writes {@code values} values to {@code out[offset ...]}; the buffer's position stays. */
  void unpack(ByteBuffer packed, int values, float[] out, int offset) {
    int start = packed.position();
    switch (this) {
      case BITS -> {
        for (int i = 0; i < values / 8 * 8; i += 8) {
          int bits8 = packed.get(start + i / 8);
          for (int k = 0; k < 8; k++) {
            out[offset + i + k] = bits8 >>> k & 1;
          }
        }
        for (int i = values / 8 * 8; i < values; i++) {
          out[offset + i] = packed.get(start + i / 8) >>> (i % 8) & 1;
        }
      }
      case NIBBLES -> {
        for (int i = 0; i < values / 2 * 2; i += 2) {
          int pair = packed.get(start + i / 2);
          out[offset + i] = pair & 15;
          out[offset + i + 1] = pair >>> 4 & 15;
        }
        if (values % 2 == 1) {
          out[offset + values - 1] = packed.get(start + values / 2) & 15;
        }
      }
      case BYTES -> {
        for (int i = 0; i < values; i++) {
          out[offset + i] = packed.get(start + i) & 255;
        }
      }
      case SHORTS -> {
        ByteBuffer little = packed.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values; i++) {
          out[offset + i] = little.getShort(start + 2 * i) & 65_535;
        }
      }
      case FLOATS ->
          packed
              .duplicate()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer()
              .get(out, offset, values);
      case OPAQUE -> throw new IllegalStateException("opaque bytes hold no values");
    }
  }
}
