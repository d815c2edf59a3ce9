package org.klif.device.cuda;

import jcuda.Pointer;
import org.jspecify.annotations.Nullable;
import org.klif.device.DType;

/**
 * Scratch memory that all layers of a device share, since they run one after another. It is as
 * large as the largest planned one needs. A layer that has run may be part of a graph, which holds
 * the address, so memory in use stays where it is until those layers are closed.
 */
final class SharedWorkspace {
  private final CudaDevice device;
  private @Nullable Block current;
  private int leases;

  /** Without memory as yet. */
  SharedWorkspace(CudaDevice device) {
    this.device = device;
  }

  /** One allocation and how many leases hold its address. */
  private static final class Block {
    private final CudaBuffer memory;
    private int holders;

    private Block(CudaBuffer memory) {
      this.memory = memory;
    }
  }

  /** The right of one planned operation to use the memory while it runs. */
  final class Lease implements AutoCloseable {
    private final long bytes;
    private @Nullable Block held;
    private boolean closed;

    private Lease(long bytes) {
      this.bytes = bytes;
    }

    /** Where the memory is, from now on until the lease is closed; null for none. */
    Pointer pointer() {
      return bytes == 0 ? new Pointer() : memory().pointer();
    }

    /** A part of the memory as elements of a type. */
    CudaBuffer part(DType type, long byteOffset, long size) {
      if (byteOffset + size * type.bytes() > bytes) {
        throw new IllegalStateException("more scratch memory was used than asked for");
      }
      return memory().part(type, byteOffset, size);
    }

    private CudaBuffer memory() {
      if (held == null && current != null) {
        held = current;
        held.holders++;
      }
      if (held == null || closed) {
        throw new IllegalStateException("a closed lease was used");
      }
      return held.memory;
    }

    @Override
    public void close() {
      if (closed) {
        return;
      }
      closed = true;
      leases--;
      if (held != null) {
        held.holders--;
        free(held);
        held = null;
      }
      if (leases == 0 && current != null) {
        current.memory.close();
        current = null;
      }
    }
  }

  /** Plans for an operation that needs so many bytes; allocates where it is more than before. */
  Lease lease(long bytes) {
    long had = current == null ? 0 : current.memory.bytes();
    if (bytes > had) {
      Block old = current;
      current = null;
      if (old != null) {
        free(old);
      }
      current = new Block(device.workspace(DType.INT32, (bytes + 3) / 4));
    }
    leases++;
    return new Lease(bytes);
  }

  /** Frees memory that is neither held nor to be given to the next. */
  private void free(Block block) {
    if (block.holders == 0 && block != current) {
      block.memory.close();
    }
  }
}
