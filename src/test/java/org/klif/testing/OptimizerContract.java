package org.klif.testing;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.OptimizerStep;
import org.klif.device.OptimizerStep.Rule;
import org.klif.device.OptimizerStep.Segment;

/** Optimizer rules against their formulas in float64. */
interface OptimizerContract extends TestedDevice {
  /** Five steps over segments of different options. */
  @ParameterizedTest
  @CsvSource({
    // rule, momentum, nesterov, clipNorm
    "SGD, 0, false, 0",
    "SGD, 0.9, false, 0",
    "SGD, 0.9, false, 3",
    "SGD, 0.9, true, 0",
    "SGD, 0.8, true, 3",
    "ADAM, 0.9, false, 0",
    "ADAM, 0.8, false, 3",
    "ADAMW, 0.9, false, 0",
    "ADAMW, 0.8, false, 3"
  })
  default void optimizerAgrees(Rule rule, double momentum, boolean nesterov, double clipNorm) {
    double beta2 = 0.99;
    double eps = 1e-3;
    List<Segment> segments =
        List.of(
            new Segment(0, 5, 1, 0, 0),
            new Segment(16, 33, 0.5, 0.1, 0),
            new Segment(64, 1, 2, 0, 0.6),
            new Segment(80, 5000, 1, 0.01, 0),
            new Segment(5088, 70, 3, 0, 0, -0.25, 0.5));
    int size = 5168;
    Uniform uniform = new Uniform(3);
    float[] start = uniform.floats(size);
    start[64] = -0.7f;
    double[] p = Closeness.doubles(start);
    double[] m = new double[size];
    double[] v = new double[size];
    try (BufferScope scope = new BufferScope(device())) {
      OptimizerStep step =
          scope.own(
              device()
                  .optimizerStep(
                      new OptimizerStep.Spec(
                          rule, momentum, nesterov, beta2, eps, clipNorm, segments)));
      Buffer parameters = scope.of(start);
      Buffer gradients = scope.zeros(size);
      Buffer first = scope.zeros(size);
      Buffer second = rule == Rule.SGD ? null : scope.zeros(size);
      Buffer schedule = scope.zeros(OptimizerStep.SCHEDULE_SIZE);
      Buffer norm = scope.zeros(1);
      // the first SGD step takes the gradient whatever the momentum holds
      device().fill(first, rule == Rule.SGD ? 9 : 0);
      for (int n = 1; n <= 5; n++) {
        double rate = 0.02f / n;
        // the last gradients are below the clip norm of 3
        float[] g = uniform.floats(size, n == 5 ? -0.01 : -1, n == 5 ? 0.01 : 1);
        gradients.upload(g);
        schedule.upload(new float[] {(float) rate, n});
        step.step(parameters, gradients, first, second, schedule, norm);
        double squares = 0;
        for (Segment s : segments) {
          for (int i = (int) s.offset(); i < s.offset() + s.size(); i++) {
            squares += (double) g[i] * g[i];
          }
        }
        double length = Math.sqrt(squares);
        Closeness.assertClose("norm", new double[] {length}, norm.toArray());
        double clip = clipNorm > 0 && length > clipNorm ? clipNorm / length : 1;
        for (Segment s : segments) {
          double lr = rate * s.rateFactor();
          for (int i = (int) s.offset(); i < s.offset() + s.size(); i++) {
            double d = g[i] * clip;
            double decay = s.weightDecay() * p[i];
            switch (rule) {
              case SGD -> {
                m[i] = n == 1 ? d + decay : momentum * m[i] + d + decay;
                p[i] -= lr * (nesterov ? d + decay + momentum * m[i] : m[i]);
              }
              case ADAM, ADAMW -> {
                d += rule == Rule.ADAM ? decay : 0;
                m[i] = momentum * m[i] + (1 - momentum) * d;
                v[i] = beta2 * v[i] + (1 - beta2) * d * d;
                double mHat = m[i] / (1 - Math.pow(momentum, n));
                double vHat = v[i] / (1 - Math.pow(beta2, n));
                p[i] -= lr * mHat / (Math.sqrt(vHat) + eps);
                p[i] -= rule == Rule.ADAMW ? lr * decay : 0;
              }
            }
            if (Math.abs(p[i]) < s.smallestMagnitude()) {
              p[i] = Math.copySign(s.smallestMagnitude(), p[i]);
            }
            p[i] = Math.min(Math.max(p[i], s.lower()), s.upper());
          }
        }
        Closeness.assertClose(rule + " step " + n, p, parameters.toArray());
        compareMoments(segments, m, first.toArray());
        if (second != null) {
          compareMoments(segments, v, second.toArray());
        }
      }
    }
  }

  private static void compareMoments(List<Segment> segments, double[] expected, float[] actual) {
    for (Segment s : segments) {
      int from = (int) s.offset();
      int to = (int) (s.offset() + s.size());
      Closeness.assertClose(
          "moment", Arrays.copyOfRange(expected, from, to), Arrays.copyOfRange(actual, from, to));
    }
  }

  /** Adam's learning rate is the size of its first step, for any size of gradient. */
  @Test
  default void adamCorrectsItsBias() {
    try (BufferScope scope = new BufferScope(device())) {
      OptimizerStep step =
          scope.own(
              device()
                  .optimizerStep(
                      new OptimizerStep.Spec(
                          Rule.ADAM, 0.9, 0.999, 1e-8, 0, List.of(new Segment(0, 3, 1, 0, 0)))));
      Buffer parameters = scope.zeros(16);
      Buffer gradients = scope.zeros(16);
      gradients.upload(new float[] {1e-3f, -5, 0});
      step.step(
          parameters,
          gradients,
          scope.zeros(16),
          scope.zeros(16),
          scope.of(0.5f, 1),
          scope.zeros(1));
      Closeness.assertClose("p", new double[] {-0.5, 0.5, 0}, parameters.view(0, 3).toArray());
    }
  }

  /** What must stay away from zero keeps its sign. */
  @Test
  default void smallMagnitudesAreHeldFromZero() {
    try (BufferScope scope = new BufferScope(device())) {
      OptimizerStep step =
          scope.own(
              device()
                  .optimizerStep(
                      new OptimizerStep.Spec(
                          Rule.SGD, 0, 0, 0, 0, List.of(new Segment(0, 4, 1, 0, 0.5)))));
      Buffer parameters = scope.zeros(16);
      Buffer gradients = scope.zeros(16);
      parameters.upload(new float[] {0.75f, -0.75f, 0.75f, -3});
      gradients.upload(new float[] {0.5f, -0.5f, 1, 1});
      step.step(parameters, gradients, scope.zeros(16), null, scope.of(1, 1), scope.zeros(1));
      Closeness.assertSame(
          "p", new double[] {0.5, -0.5, -0.5, -4}, parameters.view(0, 4).toArray());
    }
  }

  /** One bound or both; what is not a number is not hidden by them. */
  @Test
  default void valuesAreHeldWithinTheirBounds() {
    double infinity = Double.POSITIVE_INFINITY;
    List<Segment> segments =
        List.of(
            new Segment(0, 6, 1, 0, 0, 1, infinity),
            new Segment(16, 5, 1, 0, 0, -infinity, 2),
            new Segment(32, 5, 1, 0, 0, -1, 2));
    for (Rule rule : Rule.values()) {
      try (BufferScope scope = new BufferScope(device())) {
        OptimizerStep step =
            scope.own(
                device().optimizerStep(new OptimizerStep.Spec(rule, 0, 0.5, 1e-8, 0, segments)));
        Buffer parameters = scope.zeros(48);
        Buffer gradients = scope.zeros(48);
        float[] start = new float[48];
        for (int from : new int[] {0, 16, 32}) {
          System.arraycopy(
              new float[] {-3, 0.5f, 1, 5, 2, Float.NaN}, 0, start, from, from == 0 ? 6 : 5);
        }
        parameters.upload(start);
        step.step(
            parameters,
            gradients,
            scope.zeros(48),
            rule == Rule.SGD ? null : scope.zeros(48),
            scope.of(1, 1),
            scope.zeros(1));
        Closeness.assertSame(
            "from below", new double[] {1, 1, 1, 5, 2}, parameters.view(0, 5).toArray());
        Assertions.assertTrue(Float.isNaN(parameters.view(5, 1).toArray()[0]), "NaN is hidden");
        Closeness.assertSame(
            "from above", new double[] {-3, 0.5, 1, 2, 2}, parameters.view(16, 5).toArray());
        Closeness.assertSame(
            "both", new double[] {-1, 0.5, 1, 2, 2}, parameters.view(32, 5).toArray());
      }
    }
  }
}
