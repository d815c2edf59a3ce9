package org.klif.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.DeviceOptions;
import org.klif.device.Devices;
import org.klif.device.OptimizerStep;
import org.klif.device.OptimizerStep.Rule;
import org.klif.device.OptimizerStep.Segment;
import org.klif.device.Pooling;
import org.klif.testing.CudaUnderTest;

/**
 * Where no sum over elements is taken, a kernel does the CPU's float32 operations in the CPU's
 * order, so the results are the same to the bit.
 */
@Tag("sim")
class CudaBitsTest {
  /** Work on a device that gives some results. */
  private interface Work {
    List<float[]> run(BufferScope scope, Random random);
  }

  private static void assertSameBits(Work work) {
    List<float[]> expected;
    try (Device cpu = Devices.open("cpu", DeviceOptions.defaults());
        BufferScope scope = new BufferScope(cpu)) {
      expected = work.run(scope, new Random(1));
    }
    try (Device device = CudaUnderTest.open(DeviceOptions.defaults());
        BufferScope scope = new BufferScope(device)) {
      List<float[]> actual = work.run(scope, new Random(1));
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
      }
    }
  }

  private static float[] draw(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  /** Parameters and moments after three steps; the norm is a sum, so nothing is clipped by it. */
  @ParameterizedTest
  @EnumSource(Rule.class)
  void optimizer(Rule rule) {
    List<Segment> segments =
        List.of(
            new Segment(0, 33, 0.7, 0.1, 0),
            new Segment(48, 5001, 1, 0.01, 0),
            new Segment(5056, 4, 0.3, 0, 0.5),
            new Segment(5072, 30, 5, 0, 0, -0.5, 0.25));
    int size = 5104;
    assertSameBits(
        (scope, random) -> {
          OptimizerStep step =
              scope.own(
                  scope
                      .device()
                      .optimizerStep(new OptimizerStep.Spec(rule, 0.9, 0.999, 1e-8, 0, segments)));
          Buffer parameters = scope.of(draw(random, size));
          Buffer gradients = scope.zeros(size);
          Buffer first = scope.zeros(size);
          Buffer second = rule == Rule.SGD ? null : scope.zeros(size);
          Buffer schedule = scope.zeros(OptimizerStep.SCHEDULE_SIZE);
          Buffer norm = scope.zeros(1);
          for (int n = 1; n <= 3; n++) {
            gradients.upload(draw(random, size));
            schedule.upload(new float[] {0.01f / n, n});
            step.step(parameters, gradients, first, second, schedule, norm);
          }
          List<float[]> results = new ArrayList<>(List.of(parameters.toArray(), first.toArray()));
          if (second != null) {
            results.add(second.toArray());
          }
          return results;
        });
  }

  /** Pooling, dropout, votes, the readout, sums over few steps. */
  @Test
  void smallOperations() {
    assertSameBits(
        (scope, random) -> {
          Device device = scope.device();
          int size = 2 * 9 * 6 * 20;
          List<float[]> results = new ArrayList<>();
          Buffer x = scope.of(draw(random, 3 * size));
          Buffer all = scope.zeros(3L * size);
          Buffer one = scope.zeros(size);
          for (Pooling.Kind kind : Pooling.Kind.values()) {
            Pooling pooling = scope.own(device.pooling(new Pooling.Spec(kind, 2, 20, 9, 6, 2)));
            Buffer small = scope.zeros(2 * 4 * 3 * 20);
            pooling.forward(x.view(0, size), small);
            results.add(small.toArray());
            pooling.backward(x.view(0, size), small, one);
            results.add(one.toArray());
          }
          device.dropoutMask(one, 0.4, 123456789012345L, scope.ofInts(7, 8), 1);
          device.maskOverTime(x, one, 3, all);
          results.add(all.toArray());
          device.sumOverTime(x, 3, one);
          results.add(one.toArray());
          device.leakyReadout(x, 3, 0.37, one, all, one);
          results.add(all.toArray());
          results.add(one.toArray());
          device.leakyReadoutBackward(x, 3, 0.37, all);
          results.add(all.toArray());
          Buffer votes = scope.zeros(size / 5);
          device.vote(one, size / 20, 20, 5, votes);
          results.add(votes.toArray());
          device.voteBackward(votes, size / 20, 20, 5, one);
          results.add(one.toArray());
          return results;
        });
  }
}
