package org.klif.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class PairsTest {
  private static Spread millis(double median) {
    return new Spread(median, median, median, 1);
  }

  @Test
  void ratioIsThatOfTheMediansAndEachPairHasItsOwn() {
    Pairs pairs =
        new Pairs(
            List.of(millis(2), millis(6), millis(4)),
            List.of(millis(1), millis(2), millis(8)),
            List.of());
    assertEquals(List.of(2.0, 3.0, 0.5), pairs.ratios());
    assertEquals(new Spread(4, 2, 6, 3), pairs.firstMedians());
    assertEquals(new Spread(2, 1, 8, 3), pairs.secondMedians());
    assertEquals(2, pairs.ratio());
  }

  @Test
  void worksAlternateAndTakeTurnsInGoingFirst() {
    StringBuilder order = new StringBuilder();
    Repetition four = new Repetition(1, 0, 4, 0, 4, 60);
    Pairs pairs =
        Pairs.measure(
            2,
            four,
            () -> {
              order.append('a');
              return 3_000_000;
            },
            () -> {
              order.append('b');
              return 2_000_000;
            });
    assertEquals("ab" + "abbaabba" + "abbaabba", order.toString());
    assertEquals(List.of(1.5, 1.5), pairs.ratios());
    assertEquals(4, pairs.first().get(1).runs());
  }

  @Test
  void pairsNeedBoth() {
    assertThrows(
        IllegalArgumentException.class, () -> new Pairs(List.of(millis(1)), List.of(), List.of()));
    assertThrows(IllegalArgumentException.class, () -> new Pairs(List.of(), List.of(), List.of()));
  }
}
