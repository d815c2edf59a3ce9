package org.klif.data.events;

import java.io.InputStream;

/**
 * Reads one file format of event recordings. Readers have no state: one may read several recordings
 * at once.
 */
public interface EventReader {
  /** What people call the format: {@code AEDAT 2.0}. */
  String format();

  /**
   * Passes on every event as the file stores it, in the file's order. Needs memory for a few
   * kilobytes of the file, however long it is.
   *
   * @param in the recording, not compressed; read to its end, not closed
   * @param name of the recording, for messages
   * @throws org.klif.KlifException when the bytes are not of this format, the recording is cut
   *     short, or it cannot be read; the message names the recording and the byte's offset
   */
  void read(InputStream in, String name, EventSink sink);

  /**
   * What stands between this reader and a sink that needs the full time, where the format stores
   * the lowest bits of it only.
   */
  default EventSink fullTime(EventSink sink) {
    return sink;
  }

  /**
   * Reads a recording into memory, with the full time.
   *
   * @throws org.klif.KlifException as the other method does, and when there are more than {@link
   *     Events#LARGEST} events
   */
  default Events read(InputStream in, String name) {
    Events.Builder events = Events.builder(name);
    read(in, name, fullTime(events));
    return events.build();
  }
}
