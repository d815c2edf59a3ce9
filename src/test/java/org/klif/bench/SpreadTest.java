package org.klif.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void medianIsTheMiddleOrTheMeanOfTwo() {
    assertEquals(
        new Spread(2, 1, 9, 3), Spread.ofNanos(List.of(9_000_000L, 1_000_000L, 2_000_000L)));
    assertEquals(new Spread(1.5, 1, 2, 2), Spread.ofNanos(List.of(2_000_000L, 1_000_000L)));
    assertThrows(IllegalArgumentException.class, () -> Spread.ofNanos(List.of()));
  }

  @Test
  void lapsLeaveOutTheWarmUpAndAddUpTheirParts() {
    Repetition five = new Repetition(4, 0, 5, 0, 100, 60);
    long[] calls = new long[1];
    Laps laps =
        Laps.measure(
            five,
            2,
            nanos -> {
              calls[0]++;
              nanos[0] = 1_000_000L * calls[0];
              nanos[1] = 1_000_000L;
            });
    assertEquals(9, calls[0]);
    assertEquals(new Spread(7, 5, 9, 5), laps.part(0));
    assertEquals(new Spread(1, 1, 1, 5), laps.part(1));
    assertEquals(new Spread(8, 6, 10, 5), laps.total());
  }

  @Test
  void timeEndsWhatRunsAreNotReached() {
    Repetition inTime = new Repetition(5, 1, 15, 4, 200, 20);
    // 12 seconds a run: one to warm up, three timed
    assertEquals(true, inTime.warming(0, 0));
    assertEquals(false, inTime.warming(1, 12));
    assertEquals(true, inTime.timing(2, 24, 36));
    assertEquals(false, inTime.timing(3, 36, 48));
    // short runs go on until 4 seconds are timed, at most 200
    assertEquals(true, inTime.timing(15, 3.9, 5));
    assertEquals(false, inTime.timing(15, 4, 5));
    assertEquals(false, inTime.timing(200, 1, 2));
  }
}
