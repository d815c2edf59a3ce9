package org.klif.device.cuda;

/** Something of a context that the driver destroys: once, and not after the context was lost. */
abstract class DriverObject implements AutoCloseable {
  final CudaContext context;
  private boolean closed;

  DriverObject(CudaContext context) {
    this.context = context;
  }

  /** Whether it is gone. */
  final boolean isClosed() {
    return closed;
  }

  /** Has the driver destroy it; the context is current. */
  abstract void destroy();

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!context.isLost()) {
      context.makeCurrent();
      destroy();
    }
  }
}
