package org.klif.device.cuda;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;

/** What a kernel demands of its buffers: it reads and writes what it is given, unchecked. */
final class Operand {
  private Operand() {}

  /**
   * Refuses a buffer of another type or size.
   *
   * @param what what the buffer holds, for the message
   */
  static void require(String what, Buffer buffer, DType type, long size) {
    CudaBuffer.requireSize(what, buffer, size);
    CudaBuffer.requireType(what, buffer, type);
  }

  /** The same for a buffer that may be absent. */
  static void requireIfGiven(String what, @Nullable Buffer buffer, DType type, long size) {
    if (buffer != null) {
      require(what, buffer, type, size);
    }
  }

  /** Whether the address of each buffer is a multiple of so many elements. */
  static boolean aligned(int elements, Buffer... buffers) {
    for (Buffer buffer : buffers) {
      if (CudaBuffer.of(buffer).address() % (elements * (long) buffer.type().bytes()) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Name of a kernel that exists for each floating type: NAME_f32, NAME_bf16, NAME_f16. */
  static String entry(String name, DType type) {
    return name
        + switch (type) {
          case FLOAT32 -> "_f32";
          case BFLOAT16 -> "_bf16";
          case FLOAT16 -> "_f16";
          case INT32 -> throw new KlifException(name + " has no kernel for integers");
        };
  }
}
