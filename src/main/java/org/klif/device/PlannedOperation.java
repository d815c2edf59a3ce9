package org.klif.device;

/** What a device has prepared for one shape, and runs on buffers of that shape. */
public interface PlannedOperation extends AutoCloseable {
  /** Gives back what it owns: nothing, as long as a device keeps what its operations use. */
  @Override
  default void close() {}
}
