package org.klif.device.cpu;

import org.klif.KlifException;
import org.klif.device.CapturedWork;

/**
 * Work is run as it is: every operation is done when its call returns, so a record saves nothing.
 */
final class CpuWork implements CapturedWork {
  private final Runnable work;
  private boolean closed;

  CpuWork(Runnable work) {
    this.work = work;
  }

  @Override
  public void run() {
    if (closed) {
      throw new KlifException("captured work was run after it was closed");
    }
    work.run();
  }

  @Override
  public void close() {
    closed = true;
  }
}
