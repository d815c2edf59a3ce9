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
    EVERY_SPIKE(13),
    G_LAST(14),
    GX(15),
    G_INITIAL(16),
    G_LEARNED(17),
    NORM_SUMS(18),
    TILES(19),
    WORK(20),
    SUMS(21),
    STEPS(22),
    NEURONS(23),
    CONSTANT(24),
    CHANNELS(25),
    LENGTH(26),
    ROW(27),
    CHUNKS(28),
    BLOCKS(29),
    WORK_SIZE(30);

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
