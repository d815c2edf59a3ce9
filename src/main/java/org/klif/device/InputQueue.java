package org.klif.device;

/**
 * Brings batches into two fixed buffers: the next ones are copied towards the device while it works
 * on this one. At most {@link #CAPACITY} batches wait.
 */
public interface InputQueue extends AutoCloseable {
  /** Batches that may wait. */
  int CAPACITY = 2;

  /**
   * Begins to copy a batch towards the device. The arrays may be changed as soon as this returns.
   *
   * @param images as many as the buffer of images has elements, converted to its type
   * @param labels as many as the buffer of labels has elements
   * @throws org.klif.KlifException when the sizes differ, or too many batches wait
   */
  void put(float[] images, int[] labels);

  /**
   * Makes the oldest waiting batch the content of the two buffers, after all work given to the
   * device before and ahead of all work given after.
   *
   * @throws org.klif.KlifException when no batch waits
   */
  void take();

  /** Batches that wait. */
  int waiting();

  /** Drops what waits and frees the memory; a second call does nothing. */
  @Override
  void close();
}
