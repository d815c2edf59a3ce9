package org.klif.data.events;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Writes event files in the publishers' byte formats, byte by byte from their descriptions and
 * without a line of the readers.
 */
public final class Recordings {
  /** The 28 bytes of AEDAT 3.1 in front of a packet are followed by events of so many bytes. */
  public static final int POLARITY_BYTES = 8;

  /** An event. */
  public record Event(int x, int y, int polarity, long micros) {}

  /** Events anywhere on a square sensor, with times that ascend from {@code start}. */
  public static List<Event> random(long seed, int count, int side, long start, int largestStep) {
    return random(seed, count, side, side, start, largestStep);
  }

  /** Events anywhere on a sensor, with times that ascend from {@code start}. */
  public static List<Event> random(
      long seed, int count, int width, int height, long start, int largestStep) {
    Random random = new Random(seed);
    List<Event> events = new ArrayList<>();
    long time = start;
    for (int i = 0; i < count; i++) {
      events.add(new Event(random.nextInt(width), random.nextInt(height), random.nextInt(2), time));
      time += random.nextInt(largestStep + 1);
    }
    return events;
  }

  /**
   * N-MNIST: 40 bits an event. A time that needs more than 23 bits is reached by overflow events
   * (row 240), 2^13 microseconds each.
   */
  public static byte[] nmnist(List<Event> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long added = 0;
    for (Event e : events) {
      while (e.micros() - added >= 1 << 23) {
        nmnistEvent(out, 0, 240, 0, 0);
        added += 8192;
      }
      nmnistEvent(out, e.x(), e.y(), e.polarity(), e.micros() - added);
    }
    return out.toByteArray();
  }

  /** One event of N-MNIST, or what looks like one. */
  public static void nmnistEvent(
      ByteArrayOutputStream out, int x, int y, int polarity, long micros) {
    big(out, ((long) x << 32) + ((long) y << 24) + ((long) polarity << 23) + micros, 5);
  }

  /** AEDAT 2.0 as jAER writes it for a DVS128; times are written modulo 2^32. */
  public static byte[] aedat2(List<Event> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, "#!AER-DAT2.0\r\n");
    text(out, "# This is a raw AE data file - do not edit\r\n");
    text(out, "# Data format is int32 address, int32 timestamp (8 bytes total)\r\n");
    text(out, "# created Thu Jan 01 00:00:00 UTC 1970\r\n");
    for (Event e : events) {
      big(out, 256L * e.y() + 2L * e.x() + e.polarity(), 4);
      big(out, e.micros() % (1L << 32), 4);
    }
    return out.toByteArray();
  }

  /** The text at the start of an AEDAT 3.1 file. */
  public static byte[] aedat31Header() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    text(out, "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n");
    text(out, "#Start-Time: 2016-11-07 12:00:00 (TZ+0100)\r\n#!END-HEADER\r\n");
    return out.toByteArray();
  }

  /**
   * AEDAT 3.1 as cAER writes it: packets of at most {@code perPacket} events, a packet of special
   * events (type 0, 8 bytes each) and one of IMU events (type 3, 36 bytes each) between them.
   */
  public static byte[] aedat31(List<Event> events, int perPacket) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(aedat31Header());
    int next = 0;
    while (next < events.size()) {
      long overflows = events.get(next).micros() >> 31;
      int end = next;
      while (end < events.size()
          && end - next < perPacket
          && events.get(end).micros() >> 31 == overflows) {
        end++;
      }
      packetHeader(out, 1, POLARITY_BYTES, 4, overflows, end - next, end - next);
      for (Event e : events.subList(next, end)) {
        little(out, ((long) e.x() << 17) + 4L * e.y() + 2L * e.polarity() + 1, 4);
        little(out, e.micros() % (1L << 31), 4);
      }
      packetHeader(out, 0, 8, 4, overflows, 2, 2);
      out.writeBytes(new byte[16]);
      packetHeader(out, 3, 36, 4, overflows, 1, 1);
      out.writeBytes(new byte[36]);
      next = end;
    }
    return out.toByteArray();
  }

  /** The 28 bytes in front of a packet. */
  public static void packetHeader(
      ByteArrayOutputStream out,
      int type,
      long eventBytes,
      long timeOffset,
      long overflows,
      long capacity,
      long number) {
    little(out, type, 2);
    little(out, 1, 2);
    little(out, eventBytes, 4);
    little(out, timeOffset, 4);
    little(out, overflows, 4);
    little(out, capacity, 4);
    little(out, number, 4);
    little(out, number, 4);
  }

  /** The csv beside a recording of DVS128-Gesture; rows of class, start, end. */
  public static byte[] gestureLabels(long[][] rows) {
    StringBuilder text = new StringBuilder("class,startTime_usec,endTime_usec\n");
    for (long[] row : rows) {
      text.append(row[0]).append(',').append(row[1]).append(',').append(row[2]).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static void text(ByteArrayOutputStream out, String line) {
    out.writeBytes(line.getBytes(StandardCharsets.US_ASCII));
  }

  private static void big(ByteArrayOutputStream out, long value, int bytes) {
    for (int b = bytes - 1; b >= 0; b--) {
      out.write((int) (value >> (8 * b)));
    }
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int b = 0; b < bytes; b++) {
      out.write((int) (value >> (8 * b)));
    }
  }

  private Recordings() {}
}
