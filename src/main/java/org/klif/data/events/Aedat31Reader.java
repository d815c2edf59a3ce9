package org.klif.data.events;

import java.io.InputStream;

/**
 * AEDAT 3.1 recordings (cAER), as DVS128-Gesture has them: lines of text that begin with {@code #},
 * the last one {@code #!END-HEADER}, then packets, all little-endian. A packet begins with 28
 * bytes: type and source (16 bits each), bytes of an event, offset of the time in an event,
 * overflows of the time, capacity, number of events, number of valid ones (32 bits each). Type 1
 * holds polarity events of 8 bytes, the data d and the time t: x = d &gt;&gt; 17, y = (d &gt;&gt;
 * 2) &amp; 0x7FFF, polarity = (d &gt;&gt; 1) &amp; 1, microseconds = overflows * 2^31 + t. Packets
 * of other types are passed over.
 *
 * <p>The lowest bit of d, which marks an event as valid, is not looked at: neither does
 * SpikingJelly, with whose frames ours are to be equal.
 */
public final class Aedat31Reader implements EventReader {
  /** How such a file begins. */
  static final String MAGIC = "#!AER-DAT3.1";

  private static final String LAST_LINE = "#!END-HEADER";
  private static final int HEADER_BYTES = 28;
  private static final int POLARITY = 1;
  private static final int EVENT_BYTES = 8;
  private static final int TIME_OFFSET = 4;
  private static final int FIELD = 0x7FFF;

  @Override
  public String format() {
    return "AEDAT 3.1";
  }

  @Override
  public void read(InputStream in, String name, EventSink sink) {
    RecordingInput input = new RecordingInput(in, name);
    Aedat2Reader.skipHeader(input, MAGIC, LAST_LINE, format());
    while (!input.atEnd()) {
      input.require(HEADER_BYTES, "packet header");
      Packet packet = Packet.read(input);
      input.position += HEADER_BYTES;
      if (packet.type() == POLARITY) {
        readEvents(input, packet, sink);
      } else {
        input.skip(packet.capacity() * packet.eventBytes(), "packet of type " + packet.type());
      }
    }
  }

  private static void readEvents(RecordingInput input, Packet packet, EventSink sink) {
    long base = packet.overflows() << 31;
    for (long i = 0; i < packet.number(); i++) {
      input.require(EVENT_BYTES, "event");
      long data = input.littleEndian(input.position);
      long time = input.littleEndian(input.position + TIME_OFFSET);
      if (time >>> 31 != 0) {
        throw input.wrong(
            "the event at byte %d has the time %d; times of AEDAT 3.1 have 31 bits"
                .formatted(input.offset(), time));
      }
      sink.accept(
          (int) (data >> 17), (int) (data >> 2) & FIELD, (int) (data >> 1) & 1, base + time);
      input.position += EVENT_BYTES;
    }
    input.skip((packet.capacity() - packet.number()) * EVENT_BYTES, "unused part of a packet");
  }

  /** The header of a packet; sizes are of 0..2^31-1. */
  private record Packet(int type, long eventBytes, long overflows, long capacity, long number) {
    static Packet read(RecordingInput input) {
      int at = input.position;
      int type = (int) input.littleEndian(at) & 0xFFFF;
      long eventBytes = input.littleEndian(at + 4);
      long timeOffset = input.littleEndian(at + 8);
      Packet packet =
          new Packet(
              type,
              eventBytes,
              input.littleEndian(at + 12),
              input.littleEndian(at + 16),
              input.littleEndian(at + 20));
      if (Math.max(Math.max(eventBytes, packet.overflows), packet.capacity) > Integer.MAX_VALUE
          || packet.number > packet.capacity) {
        throw input.wrong(
            "the packet header at byte %d is damaged: event size %d, overflows %d, capacity %d, number %d"
                .formatted(
                    input.offset(), eventBytes, packet.overflows, packet.capacity, packet.number));
      }
      if (type == POLARITY && (eventBytes != EVENT_BYTES || timeOffset != TIME_OFFSET)) {
        throw input.wrong(
            "the packet header at byte %d gives polarity events %d bytes with the time at %d; they have %d and %d"
                .formatted(input.offset(), eventBytes, timeOffset, EVENT_BYTES, TIME_OFFSET));
      }
      return packet;
    }
  }
}
