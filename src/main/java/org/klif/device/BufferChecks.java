package org.klif.device;

import org.jspecify.annotations.Nullable;
import org.klif.KlifException;

/** Refuses buffers that an operation cannot take: kernels, native code and loops do not check. */
public final class BufferChecks {
  private BufferChecks() {}

  /**
   * Refuses a buffer of another size.
   *
   * @param what what the buffer holds, for the message
   */
  public static void requireSize(String what, Buffer buffer, long size) {
    if (buffer.size() != size) {
      throw new KlifException(
          "%s has %d elements where %d are needed".formatted(what, buffer.size(), size));
    }
  }

  /** Refuses a buffer of another type. */
  public static void requireType(String what, Buffer buffer, DType type) {
    if (buffer.type() != type) {
      throw new KlifException(
          "%s holds %s where %s is needed".formatted(what, buffer.type(), type));
    }
  }

  /** Refuses a buffer of another size or type. */
  public static void require(String what, Buffer buffer, DType type, long size) {
    requireSize(what, buffer, size);
    requireType(what, buffer, type);
  }

  /** The same for a buffer that may be absent. */
  public static void requireIfGiven(String what, @Nullable Buffer buffer, DType type, long size) {
    if (buffer != null) {
      require(what, buffer, type, size);
    }
  }
}
