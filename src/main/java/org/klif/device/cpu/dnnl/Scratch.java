package org.klif.device.cpu.dnnl;

/**
 * Working memory that primitives share, since they run one after the other: it grows to the largest
 * request and keeps nothing from one call to the next.
 */
final class Scratch implements AutoCloseable {
  private final NativeHeap heap;
  private NativeMemory memory;

  Scratch(NativeHeap heap) {
    this.heap = heap;
  }

  /** Makes sure that there are {@code bytes} bytes; the address may change. */
  void reserve(long bytes) {
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
  long address() {
    return memory == null ? 0 : memory.address();
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
