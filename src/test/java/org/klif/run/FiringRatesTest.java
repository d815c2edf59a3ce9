package org.klif.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiringRatesTest {
  @Test
  void binsHoldTheirLowerEnd() {
    // 10 samples of 4 steps: a bin of 0.05 is 2 spikes
    FiringRates rates = FiringRates.of("2.klif", 10, 4, new int[] {0, 0, 1, 2, 3, 20, 39, 40});
    assertEquals(2, rates.silent());
    assertEquals(8, rates.size());
    assertEquals(3, rates.neurons().get(0));
    assertEquals(2, rates.neurons().get(1));
    assertEquals(1, rates.neurons().get(10));
    assertEquals(2, rates.neurons().get(19));
    assertEquals(105.0 / 40 / 8, rates.mean(), 1e-15);
  }

  @Test
  void whatCannotBeIsRefused() {
    List<Integer> bins = Collections.nCopies(FiringRates.BINS, 1);
    assertThrows(IllegalArgumentException.class, () -> new FiringRates("a", 1, 1, 2, bins, 0.5));
    assertThrows(IllegalArgumentException.class, () -> new FiringRates("a", 0, 1, 0, bins, 0.5));
    assertThrows(
        IllegalArgumentException.class, () -> new FiringRates("a", 1, 1, 0, List.of(1), 0.5));
  }
}
