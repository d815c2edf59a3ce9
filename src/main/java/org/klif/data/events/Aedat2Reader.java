package org.klif.data.events;

import java.io.InputStream;

/**
 * AEDAT 2.0 recordings of a DVS128 (jAER), 128x128 pixels: lines of text that begin with {@code #},
 * then events of two big-endian unsigned ints, the address a and the time in microseconds. x = (a
 * &amp; 0xFE) / 2, y = (a &amp; 0x7F00) / 256, polarity = a &amp; 1.
 *
 * <p>Fields are passed on as they are stored. CIFAR10-DVS is used flipped ({@link Cifar10Dvs}), and
 * the time is a counter of 32 bits that begins again at 0 ({@link #fullTime}).
 */
public final class Aedat2Reader implements EventReader {
  /** Height and width of the sensor. */
  public static final int SIDE = 128;

  private static final int TIME_BITS = 32;

  /** How such a file begins. */
  static final String MAGIC = "#!AER-DAT2.0";

  private static final String LAST_LINE = "#End Of ASCII Header";
  private static final int BYTES = 8;

  @Override
  public String format() {
    return "AEDAT 2.0";
  }

  @Override
  public void read(InputStream in, String name, EventSink sink) {
    RecordingInput input = new RecordingInput(in, name);
    skipHeader(input, MAGIC, LAST_LINE, format());
    while (!input.atEnd()) {
      input.require(BYTES, "event");
      int address = (int) input.bigEndian(input.position);
      long time = input.bigEndian(input.position + 4);
      sink.accept((address & 0xFE) >> 1, (address & 0x7F00) >> 8, address & 1, time);
      input.position += BYTES;
    }
  }

  @Override
  public EventSink fullTime(EventSink sink) {
    return new UnwrappedTime(TIME_BITS, sink);
  }

  /**
   * Passes over the lines of text at the start of an AEDAT file. They end after {@code lastLine},
   * where there is one, else before the first byte that is no {@code #}.
   */
  static void skipHeader(RecordingInput input, String magic, String lastLine, String format) {
    boolean first = true;
    while (input.peek() == '#') {
      String line = input.line();
      if (first && !line.startsWith(magic)) {
        break;
      }
      first = false;
      if (line.equals(lastLine)) {
        return;
      }
    }
    if (first) {
      throw input.wrong("not an %s recording: it does not begin with %s".formatted(format, magic));
    }
  }
}
