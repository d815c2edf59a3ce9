package org.klif.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.neuron.Surrogate;

class SurrogateShapeTest {
  /** Each stands for the derivative of a step of height 1: its integral is 1. */
  @ParameterizedTest
  @EnumSource
  void areaIsOne(Surrogate.Kind kind) {
    Surrogate surrogate = new Surrogate(kind, 1.7);
    double width = 4000;
    int points = 4_000_000;
    double area = 0;
    for (int i = 0; i < points; i++) {
      double u = width * ((i + 0.5) / points - 0.5);
      area += SurrogateShape.derivative(surrogate, u) * width / points;
    }
    // atan and softsign fall as 1/u^2 and 1/u: beyond 2000 they keep up to 3e-4 of the area
    assertEquals(1, area, 1e-3, kind.token());
  }
}
