package org.klif.bench;

import org.klif.UsageException;
import org.klif.device.DType;
import org.klif.device.Device;
import org.klif.neuron.Neuron;

/**
 * Forward and backward pass of a sequence of neurons on random input, x ~ N(0.6, 1) and gradients
 * of the spikes ~ N(0, 1): neither batch norm nor pooling in front or behind.
 *
 * @param neuron which neuron
 * @param steps T
 * @param neurons elements of one time step, all with the same parameters
 */
public record NeuronBenchmark(Neuron neuron, int steps, long neurons) {
  private static final int MOST_STEPS = 10_000;

  /** Activations and their gradients that a neuron-step reads and writes. */
  private static final int ACTIVATIONS = 5;

  /** A tensor's time step is at most 2 GiB. */
  private static final long MOST_NEURONS = Integer.MAX_VALUE / 4;

  /** Checks the sizes. */
  public NeuronBenchmark {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new UsageException("--T must be between 1 and %d, not %d".formatted(MOST_STEPS, steps));
    }
    if (neurons < 1) {
      throw new UsageException("--neurons must be at least 1, not " + neurons);
    }
    if (neurons > MOST_NEURONS) {
      throw new UsageException(
          "--neurons %d: one time step would be over the limit of 2 GiB a tensor; at most %d neurons fit"
              .formatted(neurons, MOST_NEURONS));
    }
  }

  /**
   * What it took. A pass moves 20 bytes a neuron-step at least, in float32, or 10 in 16 bits:
   * forward reads x and writes S; backward reads x and the gradient of S and writes the gradient of
   * x.
   *
   * @param benchmark what was run
   * @param bytes a neuron-step, see above
   * @param forward time of forward passes
   * @param backward time of backward passes
   * @param both time of a forward and a backward pass together
   * @param triadGigabytesPerSecond memory speed measured ahead of the passes and after them, the
   *     mean
   */
  public record Result(
      NeuronBenchmark benchmark,
      int bytes,
      Spread forward,
      Spread backward,
      Spread both,
      double triadGigabytesPerSecond) {
    private static final double NANOS_PER_MILLI = 1e6;

    /** A time in milliseconds as nanoseconds a neuron-step. */
    public double perNeuronStep(double millis) {
      return millis * NANOS_PER_MILLI / ((double) benchmark.neurons() * benchmark.steps());
    }

    /** Forward and backward, nanoseconds, the median. */
    public double nsPerNeuronStep() {
      return perNeuronStep(both.median());
    }

    /** Memory traffic in 10^9 bytes a second. */
    public double gigabytesPerSecond() {
      return bytes / nsPerNeuronStep();
    }

    /** The traffic as a share of the memory's speed; above 1 when the tensors fit the caches. */
    public double shareOfLimit() {
      return gigabytesPerSecond() / triadGigabytesPerSecond;
    }
  }

  /** Bytes that a neuron-step moves at least, see {@link Result}. */
  static int bytes(DType activations) {
    return ACTIVATIONS * activations.bytes();
  }

  /** Times it. The device has no other work meanwhile. */
  public Result run(Device device) {
    double triadBefore = MachineLimits.triadGigabytesPerSecond(device);
    Laps laps = laps(device);
    double triadAfter = MachineLimits.triadGigabytesPerSecond(device);
    return new Result(
        this,
        bytes(device.activationType()),
        laps.part(0),
        laps.part(1),
        laps.total(),
        (triadBefore + triadAfter) / 2);
  }

  private Laps laps(Device device) {
    try (NeuronPasses passes = new NeuronPasses(device, this)) {
      return Laps.measure(
          Repetition.NEURONS,
          2,
          nanos -> {
            nanos[0] = passes.forward();
            nanos[1] = passes.backward();
          });
    }
  }

  /**
   * Times this neuron's forward and backward pass together in turn with another's, the first of the
   * pairs.
   */
  public Pairs against(Neuron other, int pairs, Device device) {
    try (NeuronPasses mine = new NeuronPasses(device, this);
        NeuronPasses others = new NeuronPasses(mine, new NeuronBenchmark(other, steps, neurons))) {
      return Pairs.measure(
          pairs,
          Repetition.NEURON_PAIR,
          () -> mine.forward() + mine.backward(),
          () -> others.forward() + others.backward());
    }
  }
}
