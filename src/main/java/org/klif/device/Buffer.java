package org.klif.device;

/**
 * Device memory with one owner. A view shares its parent's memory and must not be used after the
 * parent is closed; closing a view does nothing. Transfers are ordered after all work given to the
 * device before and return when done.
 */
public interface Buffer extends AutoCloseable {
  /** Type of the elements. */
  DType type();

  /** Number of elements. */
  long size();

  /** A view of size elements from offset on. */
  Buffer view(long offset, long size);

  /**
   * Copies length elements from source[sourceOffset] to element offset on, into a floating type;
   * BFLOAT16 and FLOAT16 are rounded to nearest even.
   */
  void upload(float[] source, int sourceOffset, long offset, int length);

  /** Copies length elements of a floating type from element offset on to target[targetOffset]. */
  void download(long offset, float[] target, int targetOffset, int length);

  /** Copies length INT32 elements from source[sourceOffset] to element offset on. */
  void upload(int[] source, int sourceOffset, long offset, int length);

  /** Uploads the whole array to the start. */
  default void upload(float[] source) {
    upload(source, 0, 0, source.length);
  }

  /** Uploads the whole array to the start. */
  default void upload(int[] source) {
    upload(source, 0, 0, source.length);
  }

  /** All elements of a buffer of a floating type. */
  default float[] toArray() {
    float[] all = new float[Math.toIntExact(size())];
    download(0, all, 0, all.length);
    return all;
  }

  /** Frees the memory; a second call does nothing. */
  @Override
  void close();
}
