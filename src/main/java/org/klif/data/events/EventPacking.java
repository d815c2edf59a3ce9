package org.klif.data.events;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Recordings as bytes, for a cache. All numbers little-endian: the number of events, the form, and
 *
 * <pre>
 * form b = 1..15   long time of the first event, then an int an event: time since the event before
 *                  in the upper 31 - 2b bits, b bits of x, b bits of y, the polarity
 * form 0           an int an event (x, y, polarity as in form 15), then a long an event (its time)
 * </pre>
 *
 * <p>Form b is for times that ascend in steps that fit: 4 bytes an event, N-MNIST's own format
 * having 5 and AEDAT 8.
 */
public final class EventPacking {
  private static final int HEADER = 8;
  private static final int PLAIN = 0;
  private static final int PLAIN_BITS = 15;
  private static final int PLAIN_BYTES = Integer.BYTES + Long.BYTES;

  /** The bytes of a recording. */
  public static ByteBuffer pack(Events events) {
    int n = events.size();
    int bits = bits(events);
    boolean fits = n > 0 && stepsFit(events, Integer.SIZE - 1 - 2 * bits);
    int size =
        fits
            ? HEADER + Long.BYTES + Integer.BYTES * n
            : Math.addExact(HEADER, Math.multiplyExact(PLAIN_BYTES, n));
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(n).putInt(fits ? bits : PLAIN);
    if (fits) {
      long last = events.micros(0);
      out.putLong(last);
      for (int i = 0; i < n; i++) {
        long step = events.micros(i) - last;
        last = events.micros(i);
        out.putInt((int) step << (2 * bits + 1) | place(events, i, bits));
      }
    } else {
      for (int i = 0; i < n; i++) {
        out.putInt(place(events, i, PLAIN_BITS));
      }
      for (int i = 0; i < n; i++) {
        out.putLong(events.micros(i));
      }
    }
    return out.flip();
  }

  private static int place(Events events, int i, int bits) {
    return events.x(i) << (bits + 1) | events.y(i) << 1 | events.polarity(i);
  }

  /** Bits that hold every x and every y, at least 1. */
  private static int bits(Events events) {
    int all = 1;
    for (int i = 0; i < events.size(); i++) {
      all |= events.x(i) | events.y(i);
    }
    return Integer.SIZE - Integer.numberOfLeadingZeros(all);
  }

  private static boolean stepsFit(Events events, int bits) {
    for (int i = 1; i < events.size(); i++) {
      long step = events.micros(i) - events.micros(i - 1);
      if (step < 0 || step >>> bits != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * The recording of what {@link #pack} gave.
   *
   * @param packed little-endian; its position stays
   */
  public static Events unpack(ByteBuffer packed) {
    int at = packed.position();
    int n = packed.getInt(at);
    int bits = packed.getInt(at + Integer.BYTES);
    int[] fields = new int[n];
    long[] micros = new long[n];
    int first = at + HEADER;
    if (bits == PLAIN) {
      for (int i = 0; i < n; i++) {
        fields[i] = packed.getInt(first + Integer.BYTES * i);
        micros[i] = packed.getLong(first + Integer.BYTES * n + Long.BYTES * i);
      }
    } else {
      long time = packed.getLong(first);
      first += Long.BYTES;
      int rowBits = bits + 1;
      int placeBits = bits + rowBits;
      int row = (1 << rowBits) - 1;
      int column = ((1 << bits) - 1) << rowBits;
      for (int i = 0; i < n; i++) {
        int word = packed.getInt(first + Integer.BYTES * i);
        fields[i] = ((word & column) << (PLAIN_BITS - bits)) | (word & row);
        time += word >>> placeBits;
        micros[i] = time;
      }
    }
    return Events.of(fields, micros);
  }

  private EventPacking() {}
}
