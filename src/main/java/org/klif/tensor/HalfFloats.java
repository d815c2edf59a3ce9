package org.klif.tensor;

/**
 * Conversions between float32 and the two 16-bit formats (IEEE 754 binary16; bfloat16, the upper
 * half of a binary32), rounded to the nearest, ties to even. Java 17 has none of its own.
 */
public final class HalfFloats {
  private static final int SIGN = 0x8000;
  private static final int FLOAT_INFINITY = 0x7f800000;
  private static final int HALF_INFINITY = 0x7c00;
  private static final int HALF_QUIET = 0x0200;
  private static final int HALF_MANTISSA = 0x03ff;
  private static final int DROPPED = 13; // bits of mantissa that binary16 has less
  private static final int BIAS_DIFFERENCE = 127 - 15;
  private static final float SMALLEST_NORMAL = 0x1p-14f;
  private static final float SUBNORMAL_UNIT = 0x1p-24f;
  private static final float OVERFLOW = 65520f; // halfway between the largest value and 2^16

  private HalfFloats() {}

  public static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> Short.SIZE) | 0x0040); // stays a NaN when its low bits are cut off
    }
    int even = (bits >>> Short.SIZE) & 1;
    return (short) ((bits + 0x7fff + even) >>> Short.SIZE);
  }

  public static short float16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> Short.SIZE) & SIGN;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | HALF_INFINITY | HALF_QUIET | ((bits >>> DROPPED) & HALF_MANTISSA));
    }
    if (magnitude >= OVERFLOW) {
      return (short) (sign | HALF_INFINITY);
    }
    if (magnitude < SMALLEST_NORMAL) {
      return (short) (sign | (int) Math.rint(magnitude / SUBNORMAL_UNIT));
    }
    int rebased = (bits & 0x7fffffff) - (BIAS_DIFFERENCE << 23);
    int even = (rebased >>> DROPPED) & 1;
    return (short) (sign | ((rebased + 0x0fff + even) >>> DROPPED));
  }

  /** The float32 of the same value. */
  public static float fromFloat16(short bits) {
    int sign = (bits & SIGN) << Short.SIZE;
    int rest = bits & 0x7fff;
    if (rest >= HALF_INFINITY) {
      return Float.intBitsToFloat(sign | FLOAT_INFINITY | ((rest & HALF_MANTISSA) << DROPPED));
    }
    if (rest <= HALF_MANTISSA) {
      return Math.copySign(rest * SUBNORMAL_UNIT, Float.intBitsToFloat(sign));
    }
    return Float.intBitsToFloat(sign | ((rest << DROPPED) + (BIAS_DIFFERENCE << 23)));
  }
}
