package org.klif.device;

import java.util.List;
import org.klif.KlifException;

/**
 * Brings what some small buffers hold to the host, one result after the other, while the device
 * goes on: a result can be taken when work behind it has been given already. At most {@link
 * #CAPACITY} results wait.
 */
public abstract class OutputQueue implements AutoCloseable {
  /** Results that may wait. */
  public static final int CAPACITY = 2;

  private final List<Buffer> buffers;
  private final Slots slots = new Slots("a result", CAPACITY);

  /** An empty queue that reads these buffers, of floating types. */
  protected OutputQueue(List<Buffer> buffers) {
    for (Buffer buffer : buffers) {
      if (!buffer.type().isFloating()) {
        throw new KlifException("results of %s cannot be queued".formatted(buffer.type()));
      }
    }
    this.buffers = List.copyOf(buffers);
  }

  /**
   * Begins to copy what the buffers hold after all work given to the device before; work given
   * after may change them.
   *
   * @throws KlifException when too many results wait
   */
  public final void put() {
    copy(slots.empty());
    slots.filled();
  }

  /**
   * Waits for the oldest result, and for no work behind it.
   *
   * @param targets an array for each buffer, of its size
   * @throws KlifException when no result waits, or the sizes differ
   */
  public final void take(float[]... targets) {
    int slot = slots.full();
    boolean fits = targets.length == buffers.size();
    for (int i = 0; fits && i < targets.length; i++) {
      fits = targets[i].length == buffers.get(i).size();
    }
    if (!fits) {
      throw new KlifException("a result was taken into arrays that its buffers do not fill");
    }
    read(slot, targets);
    slots.emptied();
  }

  /** Results that wait. */
  public final int waiting() {
    return slots.waiting();
  }

  /** Forgets the results that wait. */
  public final void drop() {
    while (slots.waiting() > 0) {
      slots.emptied();
    }
  }

  /** Drops what waits and frees the memory; a second call does nothing. */
  @Override
  public final void close() {
    if (slots.close()) {
      free();
    }
  }

  /** {@link #put} into an empty slot. */
  protected abstract void copy(int slot);

  /** {@link #take} of a full slot. */
  protected abstract void read(int slot, float[][] targets);

  /** Frees the slots; called once. */
  protected abstract void free();
}
