package org.klif.reproduce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.klif.report.Statistics;

/** Against values worked out by hand and Student's t from a printed table. */
class PairedDifferenceTest {
  /** The printed table of t has seven digits; the rest is double arithmetic. */
  private static final double TOLERANCE = 1e-5;

  @Test
  void spreadOfThreeValues() {
    Statistics spread = Statistics.of(List.of(1.0, 2.0, 4.0));
    // mean 7/3, squares 16/9 + 1/9 + 25/9 = 42/9, divided by 2
    assertEquals(7.0 / 3, spread.mean(), 1e-15);
    assertEquals(Math.sqrt(42.0 / 18), spread.deviation(), 1e-15);
    assertEquals(3, spread.count());
  }

  @Test
  void spreadNeedsTwoValues() {
    assertTrue(Double.isNaN(Statistics.of(List.of(5.0)).deviation()));
    assertEquals(5, Statistics.of(List.of(5.0)).mean());
    assertTrue(Double.isNaN(Statistics.of(List.of()).mean()));
  }

  @Test
  void intervalOfThreePairs() {
    PairedDifference difference =
        PairedDifference.of(
                Map.of(1L, 11.0, 2L, 22.0, 3L, 34.0), Map.of(1L, 10.0, 2L, 20.0, 3L, 30.0))
            .orElseThrow();
    PairedDifference.Interval interval = difference.interval(0.95).orElseThrow();
    // t(0.975, 2) = 4.302653; half width 4.302653 * 1.527525 / 1.732051
    double half = 4.302653 * Math.sqrt(42.0 / 18) / Math.sqrt(3);
    assertEquals(7.0 / 3 - half, interval.low(), TOLERANCE);
    assertEquals(7.0 / 3 + half, interval.high(), TOLERANCE);
    assertFalse(interval.excludesZero());
  }

  @Test
  void differencesThatCancelAreZero() {
    // correct answers of 360: 350, 353, 350 beside 346, 355, 352, a sum of 1053 both times
    Map<Long, Double> klif = Map.of(1L, 350 / 360.0, 2L, 353 / 360.0, 3L, 350 / 360.0);
    Map<Long, Double> lif = Map.of(1L, 346 / 360.0, 2L, 355 / 360.0, 3L, 352 / 360.0);
    PairedDifference difference = PairedDifference.of(klif, lif).orElseThrow();
    assertTrue(difference.spread().mean() != 0, "only rounding is left");
    assertEquals(0, difference.mean());
  }

  @Test
  void intervalOfTwoAndOfFivePairs() {
    PairedDifference two =
        PairedDifference.of(Map.of(1L, 2.0, 2L, 4.0), Map.of(1L, 0.0, 2L, 0.0)).orElseThrow();
    // deviation sqrt(2), so the half width is t(0.975, 1) = 12.706205
    assertEquals(3 - 12.706205, two.interval(0.95).orElseThrow().low(), TOLERANCE);

    Map<Long, Double> none = Map.of(1L, 0.0, 2L, 0.0, 3L, 0.0, 4L, 0.0, 5L, 0.0);
    PairedDifference five =
        PairedDifference.of(Map.of(1L, 1.0, 2L, 2.0, 3L, 3.0, 4L, 4.0, 5L, 5.0), none)
            .orElseThrow();
    // mean 3, deviation sqrt(2.5), t(0.975, 4) = 2.776445
    double half = 2.776445 * Math.sqrt(2.5 / 5);
    assertEquals(3 - half, five.interval(0.95).orElseThrow().low(), TOLERANCE);
    assertTrue(five.interval(0.95).orElseThrow().excludesZero());
    // t(0.995, 4) = 4.604095
    assertEquals(3 - 4.604095 * Math.sqrt(0.5), five.interval(0.99).orElseThrow().low(), TOLERANCE);
  }

  @Test
  void onlyCommonSeedsMakePairs() {
    PairedDifference difference =
        PairedDifference.of(Map.of(1L, 3.0, 2L, 9.0), Map.of(1L, 1.0, 7L, 5.0)).orElseThrow();
    assertEquals(1, difference.pairs());
    assertEquals(2, difference.mean());
    assertTrue(difference.interval(0.95).isEmpty(), "one pair has no interval");
    assertTrue(PairedDifference.of(Map.of(1L, 3.0), Map.of(2L, 1.0)).isEmpty());
  }

  @Test
  void equalDifferencesHaveAnIntervalWithoutWidth() {
    PairedDifference difference =
        PairedDifference.of(Map.of(1L, 0.5, 2L, 1.5), Map.of(1L, 0.25, 2L, 1.25)).orElseThrow();
    assertTrue(difference.isWithoutSpread());
    assertEquals(
        new PairedDifference.Interval(0.25, 0.25), difference.interval(0.95).orElseThrow());
  }
}
