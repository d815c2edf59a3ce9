package org.klif.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
  private static Axis axis(double... values) {
    return Axis.of(values, 0.06, 30, 250, 10);
  }

  private static List<String> labels(Axis axis, double unit) {
    return axis.ticks().stream().map(tick -> axis.label(tick, unit)).toList();
  }

  @ParameterizedTest
  @CsvSource({"0.13,0.2", "1,1", "1.0000000001,1", "2.1,5", "5.1,10", "7e-9,1e-8", "300,500"})
  void spacingIsOneTwoOrFive(double atLeast, double spacing) {
    assertEquals(spacing, Axis.nice(atLeast), 1e-9 * spacing);
  }

  @Test
  void ticksAreRoundNumbersWithTheSameDigits() {
    assertEquals(List.of("1.00", "1.05", "1.10", "1.15"), labels(axis(1.003, 1.162), 1));
    assertEquals(List.of("0", "20", "40", "60", "80", "100"), labels(axis(0, 1), 100));
    assertEquals(List.of("-1.0", "-0.5", "0", "0.5", "1.0"), labels(axis(-1, 1.2), 1));
  }

  /** 1 to 3 epochs have no tick at 1.5. */
  @Test
  void wholeTicksAreWhole() {
    assertEquals(List.of("1", "2", "3"), labels(axis(1, 3).whole(), 1));
    assertEquals(List.of("1"), labels(axis(1).whole(), 1));
  }

  @Test
  void anUprightAxisGrowsUpwards() {
    Axis axis = axis(0, 100);
    assertEquals(250 - 240 * 6 / 112.0, axis.at(0), 1e-9);
    assertTrue(axis.at(100) < axis.at(0));
    assertEquals(130, axis.at(ImmutableDoubleArray.of(50)).clone()[0], 1e-9);
    assertEquals(250, axis.startingAt(0).at(0));
  }

  /** Whatever a run comes to, from diverged to constant, has an axis whose labels differ. */
  @Test
  void everyRangeHasTicksThatDiffer() {
    double[][] ranges = {
      {},
      {0},
      {0.9},
      {-3, -3, -3},
      {1, 1 + 1e-15},
      {1, 1.00002},
      {1e-5, 3e-5},
      {0.1, 1e300},
      {1e-300, 2e-300},
      {123456, 123460},
      {2e6, 9e6},
      {Double.NaN, Double.POSITIVE_INFINITY, 2, 3}
    };
    for (double[] values : ranges) {
      Axis axis = axis(values);
      List<String> labels = labels(axis, 1);
      String of = Arrays.toString(values) + " gives " + labels;
      assertTrue(labels.size() >= 2 && labels.size() <= 9, of);
      assertEquals(labels.size(), new HashSet<>(labels).size(), of);
      double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
      assertTrue(
          IntStream.range(0, finite.length)
              .mapToDouble(i -> axis.at(finite[i]))
              .allMatch(pixel -> pixel > 10 && pixel < 250),
          of);
    }
  }
}
