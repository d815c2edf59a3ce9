package org.klif.device;

/** What a device has prepared for one shape, and runs on buffers of that shape. */
public interface PlannedOperation extends AutoCloseable {
  @Override
  void close();
}
