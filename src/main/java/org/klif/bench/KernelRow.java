package org.klif.bench;

import org.jspecify.annotations.Nullable;
import org.klif.device.DType;

/**
 * One operation at one size.
 *
 * @param operation what was run, for people
 * @param steps T, or 0 where there is no time
 * @param elements neurons of one time step; without time, elements
 * @param type of the activations
 * @param bytes memory traffic that the operation cannot do without
 * @param launches timed together, 0 when not timed
 * @param spread time of one launch, or null when it was run but not timed, or did not run
 * @param problem why it did not run, or null
 */
public record KernelRow(
    String operation,
    int steps,
    long elements,
    DType type,
    double bytes,
    int launches,
    @Nullable Spread spread,
    @Nullable String problem) {
  private static final double PER_MILLI_TO_GIGA = 1e-6;

  /** A kernel that was run, and timed unless that is null. */
  static KernelRow of(TimedKernel kernel, Launches.@Nullable Timing timing) {
    return new KernelRow(
        kernel.operation(),
        kernel.steps(),
        kernel.elements(),
        kernel.type(),
        kernel.bytes(),
        timing == null ? 0 : timing.launches(),
        timing == null ? null : timing.spread(),
        null);
  }

  static KernelRow failed(String operation, int steps, long elements, DType type, String problem) {
    return new KernelRow(operation, steps, elements, type, 0, 0, null, problem);
  }

  /** Memory traffic in 10^9 bytes a second at the median time; 0 when not timed. */
  public double gigabytesPerSecond() {
    return spread == null ? 0 : bytes / spread.median() * PER_MILLI_TO_GIGA;
  }
}
