package org.klif.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.UsageException;

class ScheduleTest {
  @Test
  void cosineGoesFromTheBaseToTheSmallestRate() {
    Schedule cosine = Schedule.parse("cosine:0.02", 4);
    assertEquals(new Schedule.Cosine(4, 0.02), cosine);
    double[] expected = {0.1, 0.02 + 0.04 * (1 + Math.sqrt(0.5)), 0.06};
    for (int e = 0; e < expected.length; e++) {
      assertEquals(expected[e], cosine.rate(0.1, e), 1e-15);
    }
    assertEquals(0.02, cosine.rate(0.1, 4), 1e-15);
    assertEquals(0.02, cosine.rate(0.1, 9), 1e-15, "it stays there");
  }

  @Test
  void stepMultipliesEverySoManyEpochs() {
    Schedule step = Schedule.parse("step:20:0.1", 100);
    assertEquals(1, step.rate(1, 19));
    assertEquals(0.1, step.rate(1, 20), 1e-15);
    assertEquals(0.01, step.rate(1, 59), 1e-15);
  }

  @Test
  void warmUpRisesThenTheInnerScheduleStarts() {
    Schedule warm = Schedule.parse("warmup:3,cosine", 10);
    assertEquals(new Schedule.Warmup(3, new Schedule.Cosine(7, 0)), warm);
    assertEquals(0.25, warm.rate(1, 0));
    assertEquals(0.75, warm.rate(1, 2));
    assertEquals(1, warm.rate(1, 3));
    assertEquals(0.5, warm.rate(1, 3) * (1 + Math.cos(Math.PI / 2)) / 2, 1e-15);
    assertEquals(0, warm.rate(1, 10), 1e-15);
  }

  @Test
  void theLongestWarmUpRisesToo() {
    double first = Schedule.parse("warmup:2147483647,constant", 10).rate(1, 0);
    assertEquals(1 / 2147483648.0, first);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "linear; unknown schedule 'linear'; known are constant, cosine",
        "step:20; unknown schedule 'step:20'",
        "step:x:0.1; 'x' is no whole number",
        "step:0:0.1; a step schedule needs a size of at least 1",
        "cosine:x; 'x' is no number",
        "cosine:-1; a smallest rate from 0 on",
        "warmup; a warm-up is written as warmup:3,cosine",
        "warmup:3; a warm-up is written as warmup:3,cosine",
        "warmup:0,cosine; a warm-up needs at least 1 epoch",
        "warmup:1,warmup:1,cosine; has two warm-ups"
      })
  void saysWhatIsWrong(String text, String message) {
    UsageException e = assertThrows(UsageException.class, () -> Schedule.parse(text, 10));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
