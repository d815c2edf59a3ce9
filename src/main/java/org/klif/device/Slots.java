package org.klif.device;

import org.klif.KlifException;

/** Slots that are filled and emptied in turn: which comes next, and which of them wait. */
final class Slots {
  private final String content;
  private final int capacity;
  private int oldest;
  private int waiting;
  private boolean closed;

  /**
   * All of them empty.
   *
   * @param content of a slot, for messages, as in "a batch"
   */
  Slots(String content, int capacity) {
    this.content = content;
    this.capacity = capacity;
  }

  /** Number of the next empty slot, to be filled. */
  int empty() {
    requireOpen();
    if (waiting == capacity) {
      throw new KlifException("%s was put while %d wait already".formatted(content, waiting));
    }
    return (oldest + waiting) % capacity;
  }

  /** The slot that {@link #empty} gave is full. */
  void filled() {
    waiting++;
  }

  /** Number of the full slot that has waited longest. */
  int full() {
    requireOpen();
    if (waiting == 0) {
      throw new KlifException(content + " was taken, but none waits");
    }
    return oldest;
  }

  /** The slot that {@link #full} gave is empty. */
  void emptied() {
    oldest = (oldest + 1) % capacity;
    waiting--;
  }

  /** Full slots. */
  int waiting() {
    return waiting;
  }

  /** Forgets what waits; false when it was closed before. */
  boolean close() {
    boolean first = !closed;
    closed = true;
    waiting = 0;
    return first;
  }

  private void requireOpen() {
    if (closed) {
      throw new KlifException(content + " was put into a closed queue, or taken from it");
    }
  }
}
