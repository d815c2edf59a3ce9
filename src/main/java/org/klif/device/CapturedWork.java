package org.klif.device;

/**
 * Work that is run many times: operations on buffers in a fixed order, without any transfer from or
 * to the host but in {@link Device#onHost}. A device may record it and replay the record; see
 * {@link Device#capture}. All buffers and operations of the work must stay open until it is closed.
 */
public interface CapturedWork extends AutoCloseable {
  /** Gives the work to the device; it need not be done when this returns. */
  void run();

  /** Frees the record; a second call does nothing. */
  @Override
  void close();
}
