package org.klif.data.events;

import com.google.common.primitives.Ints;
import java.io.InputStream;

/**
 * Recordings of N-MNIST, 34x34 pixels, and of N-Caltech101, larger ones (Orchard et al. 2015),
 * without a header. An event has 40 bits, the highest first: x of 8, y of 8, polarity of 1, time in
 * microseconds of 23. An event with y = 240 is none: it adds 2^13 microseconds to the time of all
 * later ones.
 */
public final class NmnistReader implements EventReader {
  private static final int SIDE = 34;
  private static final int CALTECH_WIDTH = 240;
  private static final int CALTECH_HEIGHT = 180;
  private static final int BYTES = 5;
  private static final int OVERFLOW_ROW = 240;
  private static final int OVERFLOW_MICROS = 1 << 13;

  private final int width;
  private final int height;

  /** Recordings of N-MNIST. */
  public NmnistReader() {
    this(SIDE, SIDE);
  }

  /** Of N-MNIST or of N-Caltech101, whose largest recordings fit 240x180. */
  static NmnistReader ofAnySet() {
    return new NmnistReader(CALTECH_WIDTH, CALTECH_HEIGHT);
  }

  /** Recordings of that part of a sensor. */
  public NmnistReader(int width, int height) {
    this.width = width;
    this.height = height;
  }

  @Override
  public String format() {
    return "N-MNIST";
  }

  @Override
  public void read(InputStream in, String name, EventSink sink) {
    RecordingInput input = new RecordingInput(in, name);
    if (input.atEnd()) {
      throw input.wrong("the recording is empty; get the file again");
    }
    long base = 0;
    while (!input.atEnd()) {
      input.require(BYTES, "event");
      byte[] bytes = input.buffer;
      int at = input.position;
      int x = bytes[at] & 255;
      int y = bytes[at + 1] & 255;
      if (y == OVERFLOW_ROW) {
        base += OVERFLOW_MICROS;
      } else if (x >= width || y >= height) {
        throw input.wrong(
            "not an N-MNIST recording: the event at byte %d lies at x %d, y %d; the sensor has %dx%d pixels"
                .formatted(input.offset(), x, y, width, height));
      } else {
        int time =
            Ints.fromBytes((byte) 0, (byte) (bytes[at + 2] & 127), bytes[at + 3], bytes[at + 4]);
        sink.accept(x, y, (bytes[at + 2] & 128) >> 7, base + time);
      }
      input.position += BYTES;
    }
  }
}
