package org.klif.data.events;

import com.google.common.primitives.Ints;
import java.io.IOException;
import java.io.InputStream;
import org.klif.KlifException;

/**
 * Buffered bytes of one recording with their offset, and the errors every reader needs. Multi-byte
 * fields are taken from {@link #buffer} at {@link #position} after {@link #require}.
 */
final class RecordingInput {
  private static final int CAPACITY = 1 << 16;

  final byte[] buffer = new byte[CAPACITY];

  /** Where the next byte lies in the buffer. */
  int position;

  private final InputStream in;
  private final String name;
  private int limit;
  private long bufferOffset;

  RecordingInput(InputStream in, String name) {
    this.in = in;
    this.name = name;
  }

  /** Offset of the next byte in the recording. */
  long offset() {
    return bufferOffset + position;
  }

  /** Whether nothing follows. */
  boolean atEnd() {
    return available(1) == 0;
  }

  /** The next byte, 0..255, which stays; -1 at the end. */
  int peek() {
    return available(1) == 0 ? -1 : buffer[position] & 255;
  }

  /**
   * Brings so many bytes into the buffer.
   *
   * @param count at most 4096
   * @param what they are, for the message: {@code event}
   */
  void require(int count, String what) {
    int there = available(count);
    if (there < count) {
      throw new KlifException(
          "%s is cut short: the %s at byte %d has %d of %d bytes (the recording ends at byte %d); get the file again"
              .formatted(name, what, offset(), there, count, offset() + there));
    }
  }

  /** How many of {@code count} bytes are there, at most {@code count}, brought into the buffer. */
  int available(int count) {
    if (limit - position < count) {
      fill(count);
    }
    return Math.min(count, limit - position);
  }

  /** Big-endian unsigned 32 bits. */
  long bigEndian(int at) {
    return Integer.toUnsignedLong(
        Ints.fromBytes(buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3]));
  }

  /** Little-endian unsigned 32 bits. */
  long littleEndian(int at) {
    return Integer.toUnsignedLong(
        Ints.fromBytes(buffer[at + 3], buffer[at + 2], buffer[at + 1], buffer[at]));
  }

  /** Passes over so many bytes. */
  void skip(long count, String what) {
    long start = offset();
    long left = count;
    while (left > 0) {
      if (atEnd()) {
        throw new KlifException(
            "%s is cut short: the %s at byte %d has %d of %d bytes (the recording ends at byte %d); get the file again"
                .formatted(name, what, start, count - left, count, offset()));
      }
      int step = (int) Math.min(left, limit - position);
      position += step;
      left -= step;
    }
  }

  /**
   * Passes over the rest of a line with its line feed, however long it is.
   *
   * @return its first 64 bytes without carriage return and line feed, one character a byte
   */
  String line() {
    long start = offset();
    StringBuilder text = new StringBuilder();
    while (true) {
      int next = peek();
      if (next < 0) {
        throw new KlifException(
            "%s is cut short: its header line at byte %d does not end".formatted(name, start));
      }
      position++;
      if (next == '\n') {
        break;
      }
      if (text.length() < 64) {
        text.append((char) next);
      }
    }
    int length = text.length();
    return length > 0 && text.charAt(length - 1) == '\r'
        ? text.substring(0, length - 1)
        : text.toString();
  }

  /** The error for bytes that are not of the format. */
  KlifException wrong(String how) {
    return new KlifException(name + ": " + how);
  }

  private void fill(int count) {
    System.arraycopy(buffer, position, buffer, 0, limit - position);
    bufferOffset += position;
    limit -= position;
    position = 0;
    try {
      while (limit < count) {
        int read = in.read(buffer, limit, CAPACITY - limit);
        if (read < 0) {
          break;
        }
        limit += read;
      }
    } catch (IOException e) {
      throw new KlifException(
          "cannot read %s from byte %d on: %s"
              .formatted(name, bufferOffset + limit, e.getMessage()),
          e);
    }
  }
}
