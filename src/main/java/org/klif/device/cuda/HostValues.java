package org.klif.device.cuda;

import java.nio.ByteBuffer;
import org.klif.device.DType;

/** Values of arrays as a floating type has them in memory, rounded to nearest even. */
final class HostValues {
  private HostValues() {}

  /** Writes length values to the start of target. */
  static void write(DType type, float[] source, int offset, int length, ByteBuffer target) {
    if (type == DType.FLOAT32) {
      target.asFloatBuffer().put(source, offset, length);
    } else {
      for (int i = 0; i < length; i++) {
        target.putShort(2 * i, type.toBits(source[offset + i]));
      }
    }
  }

  /** Reads length values from the start of source. */
  static void read(DType type, ByteBuffer source, float[] target, int offset, int length) {
    if (type == DType.FLOAT32) {
      source.asFloatBuffer().get(target, offset, length);
    } else {
      for (int i = 0; i < length; i++) {
        target[offset + i] = type.toFloat(source.getShort(2 * i));
      }
    }
  }
}
