package org.klif.device.cpu.dnnl;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.klif.KlifException;

/**
 * One block of native memory from a {@link NativeHeap}: its address for native code and direct
 * buffers in the machine's byte order for Java.
 *
 * <p>The block lives until {@link #close}, whatever still refers to it: a buffer or an address used
 * after that reads memory that is gone.
 */
public final class NativeMemory implements AutoCloseable {
  private final NativeHeap heap;
  private final long bytes;
  private long address;

  NativeMemory(NativeHeap heap, long address, long bytes) {
    this.heap = heap;
    this.address = address;
    this.bytes = bytes;
  }

  /**
   * Address of the first byte.
   *
   * @throws KlifException after {@link #close}
   */
  public long address() {
    if (address == 0) {
      throw new KlifException("This block of " + bytes + " bytes of native memory is closed.");
    }
    return address;
  }

  /** Size in bytes. */
  public long bytes() {
    return bytes;
  }

  /** The whole block; at most 2 GiB, as a Java buffer cannot be larger. */
  public ByteBuffer buffer() {
    return buffer(0, bytes);
  }

  /** The whole block as floats; at most 2 GiB. */
  public FloatBuffer floats() {
    return buffer().asFloatBuffer();
  }

  /** {@code length} bytes from {@code offset} on. */
  public ByteBuffer buffer(long offset, long length) {
    if (offset < 0 || length < 0 || offset > bytes - length || length > Integer.MAX_VALUE) {
      throw new KlifException(
          "No buffer of %d bytes at %d in a block of %d bytes (a buffer holds at most %d)."
              .formatted(length, offset, bytes, Integer.MAX_VALUE));
    }
    return new Pointer(address()).getByteBuffer(offset, length).order(ByteOrder.nativeOrder());
  }

  /** Frees the block; a second call does nothing. */
  @Override
  public void close() {
    long old;
    synchronized (this) {
      old = address;
      address = 0;
    }
    if (old != 0) {
      heap.release(this, old);
    }
  }
}
