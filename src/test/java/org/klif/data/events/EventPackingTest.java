package org.klif.data.events;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EventPackingTest {
  private static Events random(long seed, int size, int side, long longestGap) {
    Random random = new Random(seed);
    Events.Builder events = Events.builder("test");
    long time = random.nextInt(1000);
    for (int i = 0; i < size; i++) {
      events.accept(random.nextInt(side), random.nextInt(side), random.nextInt(2), time);
      time += longestGap == 0 ? 0 : random.nextLong(longestGap);
    }
    return events.build();
  }

  /** Packs and unpacks, and returns the bytes it took. */
  private static int keepsAll(Events events) {
    ByteBuffer packed = EventPacking.pack(events);
    int position = packed.position();
    Events back = EventPacking.unpack(packed.asReadOnlyBuffer().order(packed.order()));
    assertEquals(position, packed.position());
    assertEquals(events.size(), back.size());
    for (int i = 0; i < events.size(); i++) {
      assertEquals(events.x(i), back.x(i));
      assertEquals(events.y(i), back.y(i));
      assertEquals(events.polarity(i), back.polarity(i));
      assertEquals(events.micros(i), back.micros(i));
    }
    return packed.remaining();
  }

  @Test
  void fourBytesAnEventWhereTimesAscend() {
    for (int side : new int[] {1, 2, 34, 128, 129, 1 << 14, 1 << 15}) {
      long gap = 1L << (31 - 2 * Math.max(1, 32 - Integer.numberOfLeadingZeros(side - 1)));
      assertEquals(16 + 4 * 500, keepsAll(random(1, 500, side, gap)), "side " + side);
      keepsAll(random(2, 500, side, 8 * gap));
    }
    assertEquals(16 + 4, keepsAll(random(1, 1, 34, 0)));
  }

  @Test
  void anythingElseTakesTwelve() {
    assertEquals(8, keepsAll(random(1, 0, 34, 1)));
    Events.Builder far = Events.builder("test");
    far.accept(1, 2, 0, 9);
    far.accept(32767, 32767, 1, 10);
    far.accept(0, 32767, 0, Events.LATEST);
    far.accept(32767, 0, 1, Events.LATEST);
    assertEquals(8 + 4 * 12, keepsAll(far.build()));
    Events whole = random(3, 100, 34, 100);
    assertEquals(16 + 4 * 40, keepsAll(whole.slice(20, 60)));
  }
}
