package org.klif.nn;

import org.klif.device.Buffer;

/**
 * A region of workspace memory that a plan uses for one purpose. Which memory it is becomes known
 * when the whole plan is.
 */
final class Slot {
  private final int room;
  private final long size;
  private Buffer buffer;

  Slot(int room, long size) {
    this.room = room;
    this.size = size;
  }

  /** Number of the room this slot is in; slots of different times share rooms. */
  int room() {
    return room;
  }

  /** Elements. */
  long size() {
    return size;
  }

  /** The memory, exactly as large as the slot. */
  Buffer buffer() {
    return buffer;
  }

  void bind(Buffer memory) {
    buffer = memory.view(0, size);
  }
}
