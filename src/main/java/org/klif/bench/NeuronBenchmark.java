package org.klif.bench;

import java.util.Locale;
import org.klif.UsageException;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.NeuronUnit;
import org.klif.neuron.Neuron;
import org.klif.tensor.ActivationShape;

/** Time of a neuron sequence, forward and backward, as a training step runs it. */
public final class NeuronBenchmark {
  /**
   * Float32 moved by both passes for a neuron-step: x read, S written; x and gS read, gx written.
   */
  private static final int BYTES = 20;

  private static final int MOST_CHANNELS = 128;
  private static final Timing.Effort EFFORT = new Timing.Effort(10, 2, 20, 2);

  /**
   * What was measured.
   *
   * @param shape of the sequence
   * @param forward seconds of the forward pass
   * @param backward seconds of the backward pass
   * @param both seconds of a forward and a backward pass
   * @param triadBytesPerSecond memory bandwidth measured in the same run
   */
  public record Result(
      ActivationShape shape,
      Timing forward,
      Timing backward,
      Timing both,
      double triadBytesPerSecond) {

    /** Nanoseconds of a pass for one neuron and step. */
    public double perNeuronStep(Timing timing) {
      return timing.median() * 1e9 / shape.elements();
    }

    /** Nanoseconds of forward and backward pass for one neuron and step. */
    public double nsPerNeuronStep() {
      return perNeuronStep(both);
    }

    /** Bytes that both passes must move, per second. */
    public double bytesPerSecond() {
      return (double) BYTES * shape.elements() / both.median();
    }

    /** For people. */
    public String text() {
      return String.format(
          Locale.ROOT,
          "%s: forward %.2f + backward %.2f, together %.2f ns per neuron-step"
              + " (median of %d, spread %.0f %%)%n"
              + "%.1f GB/s of %d bytes per neuron-step; triad %.1f GB/s: %.0f %% of the limit%n",
          shape,
          perNeuronStep(forward),
          perNeuronStep(backward),
          nsPerNeuronStep(),
          both.runs(),
          100 * both.spread(),
          bytesPerSecond() / 1e9,
          BYTES,
          triadBytesPerSecond / 1e9,
          100 * bytesPerSecond() / triadBytesPerSecond);
    }
  }

  /** A size below 1 is a {@link UsageException}. */
  public static void requireSize(int steps, int neurons) {
    if (steps < 1 || neurons < 1) {
      throw new UsageException(
          "--T and --neurons must be at least 1, not %d and %d".formatted(steps, neurons));
    }
  }

  /**
   * Measures one shape.
   *
   * @param steps T
   * @param neurons in one time step
   * @param threads of the triad
   */
  public static Result run(Device device, Neuron neuron, int steps, int neurons, int threads) {
    requireSize(steps, neurons);
    int channels = Math.min(MOST_CHANNELS, Integer.lowestOneBit(neurons));
    ActivationShape shape = new ActivationShape(steps, false, neurons / channels, channels, 1, 1);
    try (BufferScope scope = new BufferScope(device)) {
      NeuronUnit unit =
          scope.own(device.neuronUnit(new NeuronUnit.Spec(neuron, shape, false, null, false)));
      boolean learns = neuron.hasParameter();
      Buffer x = scope.zeros(shape.elements());
      Buffer gSpikes = scope.zeros(shape.elements());
      RandomValues.normal(x, 1);
      RandomValues.normal(gSpikes, 2);
      NeuronUnit.Forward forward =
          NeuronUnit.Forward.of(
              x,
              learns ? scope.of(neuron instanceof Neuron.Klif klif ? (float) klif.k() : 0f) : null,
              scope.zeros(shape.elements()),
              scope.zeros(2));
      NeuronUnit.Backward backward =
          new NeuronUnit.Backward(
              forward,
              gSpikes,
              null,
              scope.zeros(shape.elements()),
              null,
              learns ? scope.zeros(1) : null,
              null,
              null);
      Runnable forwardPass =
          () -> {
            unit.forward(forward);
            device.synchronize();
          };
      Runnable backwardPass =
          () -> {
            unit.backward(backward);
            device.synchronize();
          };
      Timing both =
          Timing.measure(
              EFFORT,
              () -> {
                forwardPass.run();
                backwardPass.run();
              });
      Timing.Effort warm = new Timing.Effort(0, 0, EFFORT.runs(), 0);
      return new Result(
          shape,
          Timing.measure(warm, forwardPass),
          Timing.measure(warm, backwardPass),
          both,
          MachineLimits.triadBytesPerSecond(threads));
    }
  }

  private NeuronBenchmark() {}
}
