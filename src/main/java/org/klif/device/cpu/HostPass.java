package org.klif.device.cpu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;

/** The struct HostPass of native/host/host_sequence.h in native memory: 8 bytes a field. */
final class HostPass {
  /** Its fields, filled up to whole lines of a cache. */
  static final int BYTES = 256;

  /** The fields, in the struct's order. */
  enum Field {
    X(0),
    SCALE(1),
    SHIFT(2),
    MEAN(3),
    INV_STD(4),
    LEARNED(5),
    INITIAL(6),
    SPIKES(7),
    LAST(8),
    CHARGED(9),
    POTENTIAL(10),
    ACTIVITY(11),
    G_SPIKES(12),
    G_LAST(13),
    GX(14),
    G_INITIAL(15),
    G_LEARNED(16),
    NORM_SUMS(17),
    TILES(18),
    WORK(19),
    SUMS(20),
    STEPS(21),
    NEURONS(22),
    CONSTANT(23),
    CHANNELS(24),
    LENGTH(25),
    ROW(26),
    CHUNKS(27),
    BLOCKS(28),
    WORK_SIZE(29);

    private final int number;

    Field(int number) {
      this.number = number;
    }

    int offset() {
      return Long.BYTES * number;
    }
  }

  private final ByteBuffer bytes;

  HostPass(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** A pointer; null where absent. */
  void set(Field field, @Nullable Buffer buffer) {
    set(field, buffer == null ? 0 : CpuBuffer.ofAny(buffer).address());
  }

  /** An address or a size. */
  void set(Field field, long value) {
    bytes.putLong(field.offset(), value);
  }
}
