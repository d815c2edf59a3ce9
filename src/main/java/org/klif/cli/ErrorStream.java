package org.klif.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The launcher passes stderr through a filter. A program that simply ended could overtake its own
 * last message there; so the end of the program waits until the filter is done.
 */
final class ErrorStream {
  /** Closes stderr and waits for the launcher's filter; does nothing without the launcher. */
  static synchronized void drain() {
    System.out.flush();
    System.err.flush();
    String descriptor = System.getProperty("klif.drain", "");
    if (descriptor.isEmpty()) {
      return;
    }
    System.clearProperty("klif.drain");
    try (FileInputStream done = new FileInputStream("/dev/fd/" + descriptor)) {
      new FileOutputStream(FileDescriptor.err).close();
      done.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // the filter is gone already, or the system has no /dev/fd: nothing to wait for
      return;
    }
  }

  private ErrorStream() {}
}
