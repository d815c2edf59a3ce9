package org.klif.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Loss;
import org.klif.device.OptimizerStep;
import org.klif.device.OptimizerStep.Rule;
import org.klif.device.OptimizerStep.Segment;

/** Loss scaling: scaled gradients, skipped updates, growth. */
interface LossScalingContract extends TestedDevice {
  /** Buffers of one optimizer with 40 parameters. */
  final class Scaled {
    private static final int SIZE = 48;

    private final OptimizerStep step;
    private final Buffer parameters;
    private final Buffer gradients;
    private final Buffer first;
    private final Buffer second;
    private final Buffer schedule;
    private final Buffer norm;
    private final Buffer state;

    Scaled(BufferScope scope, Rule rule, float... state) {
      OptimizerStep.Spec spec =
          new OptimizerStep.Spec(rule, 0.9, 0.99, 1e-3, 2, List.of(new Segment(0, 40, 1, 0.1, 0)));
      this.step = scope.own(scope.device().optimizerStep(spec));
      this.parameters = scope.of(new Uniform(1).floats(SIZE));
      this.gradients = scope.zeros(SIZE);
      this.first = scope.zeros(SIZE);
      this.second = rule == Rule.SGD ? null : scope.zeros(SIZE);
      this.schedule = scope.zeros(OptimizerStep.SCHEDULE_SIZE);
      this.norm = scope.zeros(1);
      this.state = state.length == 0 ? null : scope.of(state);
    }

    void step(int number, float[] g) {
      gradients.upload(g);
      schedule.upload(new float[] {0.05f, number});
      step.step(parameters, gradients, first, second, schedule, norm, state);
    }

    void assertSameMemory(Scaled other) {
      assertArrayEquals(other.parameters.toArray(), parameters.toArray(), "parameters");
      assertArrayEquals(other.first.toArray(), first.toArray(), "first moments");
      if (second != null) {
        assertArrayEquals(other.second.toArray(), second.toArray(), "second moments");
      }
    }
  }

  private static float[] times(float factor, float[] values) {
    float[] product = values.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= factor;
    }
    return product;
  }

  /**
   * The scale is a power of two, so the scaled gradient has the same bits but for the exponent. The
   * product is compared as the nearest of a double-precision gradient, hence not to the bit.
   */
  @ParameterizedTest
  @EnumSource(Loss.Kind.class)
  default void theGradientOfTheLossIsScaled(Loss.Kind kind) {
    try (BufferScope scope = new BufferScope(device())) {
      Loss loss = scope.own(device().loss(new Loss.Spec(kind, 3, 5, 10)));
      Uniform uniform = new Uniform(4);
      Buffer rate = scope.of(uniform.floats(50, 0, 1));
      Buffer output = scope.of(uniform.floats(150, 0, 1));
      Buffer labels = scope.ofInts(1, 2, 3, 9, 0);
      Buffer plain = scope.zeros(150);
      Buffer scaled = scope.zeros(150);
      loss.backward(output, rate, labels, plain);
      loss.backward(output, rate, labels, scaled, scope.of(1024, 7, 8));
      Closeness.assertClose(
          "scaled gradient", Closeness.doubles(times(1024, plain.toArray())), scaled.toArray());
    }
  }

  /** Three updates with scaled gradients have the bits of three plain ones, clipped or not. */
  @ParameterizedTest
  @EnumSource(Rule.class)
  default void aPowerOfTwoChangesNoBit(Rule rule) {
    Uniform uniform = new Uniform(2);
    try (BufferScope scope = new BufferScope(device())) {
      Scaled plain = new Scaled(scope, rule);
      Scaled scaled = new Scaled(scope, rule, 4096, 5, 0);
      for (int number = 1; number <= 3; number++) {
        float size = number == 2 ? 0.01f : 1; // the second is not clipped
        float[] g = times(size, uniform.floats(Scaled.SIZE));
        plain.step(number, g);
        scaled.step(number, times(4096, g));
        assertArrayEquals(plain.norm.toArray(), scaled.norm.toArray(), "norm");
        scaled.assertSameMemory(plain);
        assertArrayEquals(new float[] {4096, 5 + number, 0}, scaled.state.toArray());
      }
    }
  }

  /**
   * What is not finite is skipped, at the first step and later; the updates that follow are those
   * of an optimizer that never saw it.
   */
  @ParameterizedTest
  @CsvSource({"SGD, NaN", "SGD, Infinity", "ADAM, -Infinity", "ADAMW, NaN"})
  default void aStepThatIsNotFiniteIsSkipped(Rule rule, float bad) {
    Uniform uniform = new Uniform(3);
    try (BufferScope scope = new BufferScope(device())) {
      Scaled plain = new Scaled(scope, rule);
      Scaled scaled = new Scaled(scope, rule, 4, 9, 0);
      float scale = 4;
      int updates = 0;
      for (int number = 1; number <= 6; number++) {
        float[] g = uniform.floats(Scaled.SIZE);
        boolean skip = number == 1 || number == 4 || number == 5;
        if (skip) {
          g[39] = bad;
          scaled.step(number, g);
          scale = Math.max(scale / 2, 1);
          assertEquals(false, Float.isFinite(scaled.norm.toArray()[0]), "norm");
        } else {
          updates++;
          plain.step(updates, g);
          scaled.step(number, times(scale, g));
        }
        scaled.assertSameMemory(plain);
        float good = skip ? 0 : scaled.state.toArray()[OptimizerStep.GOOD_STEPS];
        assertArrayEquals(
            new float[] {scale, good, number - updates}, scaled.state.toArray(), "after " + number);
      }
    }
  }

  /** 2000 good steps in a row double the scale, up to the largest. */
  @ParameterizedTest
  @CsvSource({
    // scale, good steps, then after one more
    "256, 1998, 256, 1999",
    "256, 1999, 512, 0",
    "32768, 1999, 65536, 0",
    "65536, 1999, 65536, 0"
  })
  default void goodStepsGrowTheScale(float scale, float good, float thenScale, float thenGood) {
    try (BufferScope scope = new BufferScope(device())) {
      Scaled scaled = new Scaled(scope, Rule.ADAM, scale, good, 3);
      scaled.step(5000, new Uniform(5).floats(Scaled.SIZE));
      assertArrayEquals(new float[] {thenScale, thenGood, 3}, scaled.state.toArray());
    }
  }
}
