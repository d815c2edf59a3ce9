package org.klif.nn;

import java.util.ArrayList;
import java.util.List;
import org.klif.device.Buffer;

/**
 * Plans which slots may share memory. Slots are acquired and released in the order in which the
 * work will run; a released room is given to the next slot.
 */
final class SlotPlanner {
  private static final class Room {
    long capacity;
    boolean free;
  }

  private final List<Room> rooms = new ArrayList<>();
  private final List<Slot> slots = new ArrayList<>();

  /** A slot whose content may be anything at first. */
  Slot acquire(long size) {
    Room best = null;
    for (Room room : rooms) {
      if (room.free && (best == null || better(room, best, size))) {
        best = room;
      }
    }
    if (best == null) {
      best = new Room();
      rooms.add(best);
    }
    best.free = false;
    best.capacity = Math.max(best.capacity, size);
    Slot slot = new Slot(rooms.indexOf(best), size);
    slots.add(slot);
    return slot;
  }

  /** Its memory may be used again from here on. */
  void release(Slot slot) {
    Room room = rooms.get(slot.room());
    if (room.free) {
      throw new IllegalStateException("a slot was released twice");
    }
    room.free = true;
  }

  /** The sizes of the rooms. */
  List<Long> capacities() {
    return rooms.stream().map(room -> room.capacity).toList();
  }

  /** Gives each slot its memory; one buffer a room. */
  void bind(List<Buffer> memory) {
    for (Slot slot : slots) {
      slot.bind(memory.get(slot.room()));
    }
  }

  /** The smallest that fits, else the largest. */
  private static boolean better(Room room, Room than, long size) {
    boolean fits = room.capacity >= size;
    boolean thanFits = than.capacity >= size;
    if (fits != thanFits) {
      return fits;
    }
    return fits ? room.capacity < than.capacity : room.capacity > than.capacity;
  }
}
