package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NumbersTest {
  @Test
  void digitsAreFew() {
    assertEquals("98.77 %", Numbers.percent(0.98765));
    assertEquals("0.008432", Numbers.significant(0.0084321));
    assertEquals("1.000", Numbers.significant(1));
    assertEquals("-12.35", Numbers.significant(-12.345678));
    assertEquals("123456", Numbers.significant(123456.4));
    assertEquals("1.00e-05", Numbers.significant(1e-5));
    assertEquals("0.000", Numbers.significant(0));
    assertEquals("0.0002", Numbers.plain(2e-4));
    assertEquals("2", Numbers.plain(2.0));
    assertEquals("100", Numbers.plain(100));
    assertEquals("1\u202F234\u202F567", Numbers.whole(1_234_567));
  }

  @Test
  void unitsFollowTheSize() {
    assertEquals("0", Numbers.operations(0));
    assertEquals("999", Numbers.operations(999));
    assertEquals("1.00 k", Numbers.operations(999.7));
    assertEquals("14.5 M", Numbers.operations(14_450_688));
    assertEquals("3.09 µJ", Numbers.energy(3_087_123));
    assertEquals("0.50 pJ", Numbers.energy(0.5));
  }

  @Test
  void noNumberIsADash() {
    assertEquals("–", Numbers.percent(Double.NaN));
    assertEquals("–", Numbers.significant(Double.POSITIVE_INFINITY));
    assertEquals("–", Numbers.energy(Double.NaN));
  }
}
