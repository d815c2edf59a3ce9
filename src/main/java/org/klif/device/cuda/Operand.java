package org.klif.device.cuda;

import org.klif.KlifException;
import org.klif.device.Buffer;
import org.klif.device.DType;

/** What a kernel demands of its buffers: alignment, and a type that it exists for. */
final class Operand {
  private Operand() {}

  /** Whether the address of each buffer is a multiple of so many elements. */
  static boolean aligned(int elements, Buffer... buffers) {
    for (Buffer buffer : buffers) {
      if (CudaBuffer.of(buffer).address() % (elements * (long) buffer.type().bytes()) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Name of what exists for each floating type: NAME_f32, NAME_bf16, NAME_f16. */
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
