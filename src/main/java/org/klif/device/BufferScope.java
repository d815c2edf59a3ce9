package org.klif.device;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The buffers and operations of one piece of work, closed together in reverse order. A later
 * failure to close is suppressed onto the first.
 */
public final class BufferScope implements AutoCloseable {
  private final Device device;
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  /** An empty scope on a device, which it does not own. */
  public BufferScope(Device device) {
    this.device = device;
  }

  /** The device. */
  public Device device() {
    return device;
  }

  /** Takes over a resource. */
  public <T extends AutoCloseable> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  /** New FLOAT32 memory, all zero. */
  public Buffer zeros(long size) {
    return own(device.allocate(size));
  }

  /** New memory of the activations' type, all zero. */
  public Buffer activations(long size) {
    return own(device.allocate(device.activationType(), size));
  }

  /** New memory of the activations' type with these values. */
  public Buffer activationsOf(float... values) {
    Buffer buffer = activations(values.length);
    buffer.upload(values);
    return buffer;
  }

  /** New FLOAT32 memory with these values. */
  public Buffer of(float... values) {
    Buffer buffer = zeros(values.length);
    buffer.upload(values);
    return buffer;
  }

  /** New INT32 memory with these values. */
  public Buffer ofInts(int... values) {
    Buffer buffer = own(device.allocate(DType.INT32, values.length));
    buffer.upload(values);
    return buffer;
  }

  /**
   * Closes after a failure, onto which a failure to close is suppressed.
   *
   * @return the failure, to be thrown
   */
  public RuntimeException closeAfter(RuntimeException failure) {
    try {
      close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  @Override
  public void close() {
    @Nullable RuntimeException first = null;
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception e) {
        RuntimeException failure =
            e instanceof RuntimeException r
                ? r
                : new IllegalStateException("closing device memory", e);
        if (first == null) {
          first = failure;
        } else {
          first.addSuppressed(failure);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
