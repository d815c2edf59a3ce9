package org.klif.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;

/** The factors alpha and beta of library calls, in host memory. */
final class HostScalar {
  /** 1. */
  static final Pointer ONE = pointer(1);

  /** 0: the result is overwritten, whatever was there, NaN too. */
  static final Pointer ZERO = pointer(0);

  private HostScalar() {}

  /** A factor of the caller's, who keeps it as long as calls may read it. */
  static Pointer pointer(float value) {
    ByteBuffer memory = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
    memory.putFloat(0, value);
    return Pointer.to(memory);
  }
}
