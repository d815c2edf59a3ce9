package org.klif.device.cpu;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.klif.device.cpu.dnnl.NativeMemory;

/**
 * Native memory as the inner loops take it: a Java buffer of up to 2 GiB in the machine's byte
 * order, and the address of its first byte. Java 17's vectors go through the buffer, those of later
 * versions through the address; to ask a buffer for it at each loop took as long as the loop.
 */
public final class Bytes {
  private static final int CACHE_LINE = 64;

  private final ByteBuffer buffer;
  private final long address;

  private Bytes(ByteBuffer buffer, long address) {
    this.buffer = buffer;
    this.address = address;
  }

  /** {@code length} bytes of native memory from {@code offset} on. */
  static Bytes of(NativeMemory memory, long offset, long length) {
    return new Bytes(memory.buffer(offset, length), memory.address() + offset);
  }

  /** A direct buffer whose first byte is at the address. */
  static Bytes of(ByteBuffer buffer, long address) {
    return new Bytes(buffer, address);
  }

  /** Memory of its own, at the start of a line of the cache; the garbage collector takes it. */
  static Bytes allocate(int length) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.addExact(length, 2 * CACHE_LINE))
            .alignedSlice(CACHE_LINE)
            .slice(0, length)
            .order(ByteOrder.nativeOrder());
    return new Bytes(buffer, Pointer.nativeValue(Native.getDirectBufferPointer(buffer)));
  }

  /** The buffer, for Java 17's vectors and for copies in bulk. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Address of the first byte. */
  public long address() {
    return address;
  }

  /** Length in bytes. */
  int size() {
    return buffer.capacity();
  }

  /** The float at a byte offset. */
  public float getFloat(int offset) {
    return buffer.getFloat(offset);
  }

  /** Sets the float at a byte offset. */
  public void putFloat(int offset, float value) {
    buffer.putFloat(offset, value);
  }

  /** The int at a byte offset. */
  int getInt(int offset) {
    return buffer.getInt(offset);
  }

  /** Sets the int at a byte offset. */
  void putInt(int offset, int value) {
    buffer.putInt(offset, value);
  }

  /** The 16 bits at a byte offset. */
  short getShort(int offset) {
    return buffer.getShort(offset);
  }

  /** Sets the 16 bits at a byte offset. */
  void putShort(int offset, short value) {
    buffer.putShort(offset, value);
  }

  /** Sets {@code length} bytes from {@code from} on to 0. */
  void zero(int from, int length) {
    new Pointer(address).setMemory(from, length, (byte) 0);
  }

  /** Copies {@code length} bytes from {@code from} of a source to {@code to}. */
  void put(int to, Bytes source, int from, int length) {
    buffer.put(to, source.buffer, from, length);
  }

  /** Copies all of a source to the first byte on. */
  void put(Bytes source) {
    put(0, source, 0, source.size());
  }
}
