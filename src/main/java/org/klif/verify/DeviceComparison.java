package org.klif.verify;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.klif.KlifException;
import org.klif.device.BatchNorm;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;

/**
 * Compares a device with the CPU on random neuron units. Spikes and last potentials must be the
 * same to the bit: every device takes the same float32 operations in the same order (docs/MATH.md).
 * Gradients of x are within float32's tolerance, and in 16 bits rounded once more.
 *
 * @param cpu what is right; its activations are float32
 */
public record DeviceComparison(Device device, Device cpu) {
  /** The largest layer drawn. */
  public static final int MOST_NEURONS = 1_000_000;

  /**
   * Runs cases number 0 to count - 1 of a seed.
   *
   * @param mostNeurons the largest layer drawn
   * @param each told every result as soon as it is there
   */
  public GoldenVectors.Summary run(
      int count, long seed, int mostNeurons, Consumer<CaseResult> each) {
    int passed = 0;
    for (int number = 0; number < count; number++) {
      CaseResult result = runCase(seed, number, mostNeurons);
      passed += result.passed() ? 1 : 0;
      each.accept(result);
    }
    return new GoldenVectors.Summary(passed, count - passed);
  }

  private CaseResult runCase(long seed, int number, int mostNeurons) {
    RandomNeurons c = RandomNeurons.draw(seed, number, mostNeurons);
    String name = "random %d: %s".formatted(number, c.name());
    Comparison comparison = new Comparison();
    try {
      RandomNeurons.Inputs in = c.inputs(device.activationType());
      Outcome expected = run(c, in, cpu);
      Outcome actual = run(c, in, device);
      comparison.equal("spikes", actual.spikes, expected.spikes);
      comparison.equal("the last potential", actual.last, expected.last);
      if (device.activationType() == DType.FLOAT32) {
        comparison.close("the gradient of x", actual.gx, expected.gx);
      } else {
        comparison.near("the gradient of x", actual.gx, expected.gx, Comparison.ROUNDED_ONCE);
      }
    } catch (KlifException e) {
      return CaseResult.broken(name, e.getMessage());
    }
    return comparison.result(name);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Outcome(double[] spikes, double[] last, double[] gx) {
    static Outcome of(Buffer spikes, Buffer last, Buffer gx) {
      return new Outcome(
          Comparison.doubles(spikes.toArray()),
          Comparison.doubles(last.toArray()),
          Comparison.doubles(gx.toArray()));
    }
  }

  private static Outcome run(RandomNeurons c, RandomNeurons.Inputs in, Device device) {
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit = scope.own(device.neuronUnit(c.spec()));
      Buffer x = scope.activationsOf(in.x());
      Buffer scale = c.normalized() ? scope.of(in.scale()) : null;
      Buffer shift = c.normalized() ? scope.of(in.shift()) : null;
      NeuronUnit.Forward forward =
          new NeuronUnit.Forward(
              x,
              scale,
              shift,
              orNull(scope, in.parameter()),
              orNull(scope, in.initial()),
              scope.activations(in.gSpikes().length),
              scope.zeros(c.neurons()),
              null,
              null,
              null);
      unit.forward(forward);
      Buffer gx = scope.activations(in.x().length);
      BatchNorm.State state = null;
      Buffer normSums = null;
      if (c.normalized()) {
        // only mean and invStd are read
        Buffer mean = scope.of(in.mean());
        Buffer invStd = scope.of(in.invStd());
        state = new BatchNorm.State(mean, mean, mean, mean, mean, invStd, scale, shift);
        normSums = scope.zeros(2L * c.input().channels());
      }
      unit.backward(
          new NeuronUnit.Backward(
              forward,
              scope.activationsOf(in.gSpikes()),
              scope.of(in.gLast()),
              gx,
              null,
              in.parameter() == null ? null : scope.zeros(in.parameter().length),
              state,
              normSums));
      return Outcome.of(forward.spikes(), forward.last(), gx);
    }
  }

  private static @Nullable Buffer orNull(BufferScope scope, float @Nullable [] values) {
    return values == null ? null : scope.of(values);
  }
}
