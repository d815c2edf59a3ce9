package org.klif.device;

import org.klif.KlifException;

/** What the buffers of all devices have in common: type, range, and the checks of transfers. */
public abstract class DeviceBuffer implements Buffer {
  private final DType type;
  private final long offset;
  private final long size;

  /**
   * A range of some memory.
   *
   * @param offset first element, counted from the start of the memory
   */
  protected DeviceBuffer(DType type, long offset, long size) {
    this.type = type;
    this.offset = offset;
    this.size = size;
  }

  @Override
  public final DType type() {
    return type;
  }

  @Override
  public final long size() {
    return size;
  }

  /** Where an element lies in the memory. */
  protected final long byteOffset(long element) {
    return (offset + element) * type.bytes();
  }

  @Override
  public final Buffer view(long from, long count) {
    checkRange(from, count);
    return part(from, offset + from, count);
  }

  @Override
  public final void upload(float[] source, int sourceOffset, long to, int length) {
    checkFloating(to, length);
    if (length > 0) {
      write(source, sourceOffset, to, length);
    }
  }

  @Override
  public final void download(long from, float[] target, int targetOffset, int length) {
    checkFloating(from, length);
    if (length > 0) {
      read(from, target, targetOffset, length);
    }
  }

  @Override
  public final void upload(int[] source, int sourceOffset, long to, int length) {
    if (type != DType.INT32) {
      throw new KlifException("a transfer of integers to a buffer of " + type);
    }
    checkRange(to, length);
    if (length > 0) {
      write(source, sourceOffset, to, length);
    }
  }

  private void checkFloating(long from, int length) {
    if (!type.isFloating()) {
      throw new KlifException("a transfer of floats to or from a buffer of " + type);
    }
    checkRange(from, length);
  }

  private void checkRange(long from, long count) {
    if (from < 0 || count < 0 || from + count > size) {
      throw new KlifException(
          "elements %d to %d are outside a buffer of %d".formatted(from, from + count, size));
    }
  }

  /**
   * A view.
   *
   * @param from its first element, counted from this buffer's
   * @param start the same counted from the start of the memory
   */
  protected abstract Buffer part(long from, long start, long count);

  /** {@link #upload(float[], int, long, int)} of one element or more, within the range. */
  protected abstract void write(float[] source, int sourceOffset, long to, int length);

  /** {@link #upload(int[], int, long, int)} of one element or more, within the range. */
  protected abstract void write(int[] source, int sourceOffset, long to, int length);

  /** {@link #download} of one element or more, within the range. */
  protected abstract void read(long from, float[] target, int targetOffset, int length);
}
