package org.klif.device.cpu.dnnl;

import java.nio.ByteBuffer;
import org.klif.KlifException;

/**
 * Working memory that primitives share, since they run one after the other: it grows to the largest
 * request and keeps nothing from one call to the next.
 */
public final class Scratchpad implements AutoCloseable {
  private final NativeHeap heap;
  private NativeMemory memory;

  /** Nothing reserved yet. */
  public Scratchpad(NativeHeap heap) {
    this.heap = heap;
  }

  /** Makes sure that there are {@code bytes} bytes; the address may change. */
  public void reserve(long bytes) {
    if (bytes > bytes()) {
      // The old block goes last: when there is no memory for the new one, primitives made before
      // still find theirs.
      NativeMemory old = memory;
      memory = heap.allocate(bytes);
      if (old != null) {
        old.close();
      }
    }
  }

  /** Address of the first byte, 0 while nothing was reserved. */
  public long address() {
    return memory == null ? 0 : memory.address();
  }

  /** {@code length} bytes from {@code offset} on; at most 2 GiB. */
  public ByteBuffer buffer(long offset, long length) {
    if (memory == null) {
      throw new KlifException("No working memory was reserved.");
    }
    return memory.buffer(offset, length);
  }

  long bytes() {
    return memory == null ? 0 : memory.bytes();
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
