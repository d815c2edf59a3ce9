package org.klif.profile;

/**
 * An operation of one layer in one phase, means over the recorded steps.
 *
 * @param phase as in "forward"
 * @param layer its name, or empty where it belongs to none
 * @param operation as in "convolution"
 * @param calls a step
 * @param ms milliseconds a step, without what lies within
 * @param bytes memory traffic a step that it cannot do without
 * @param flops floating-point operations a step
 */
public record Row(
    String phase,
    String layer,
    String operation,
    double calls,
    double ms,
    double bytes,
    double flops) {
  /** The time of a phase or a step that is in none of its operations: Java, and waiting. */
  public static final String REST = "rest";

  /** The phase of what lies between the phases. */
  public static final String OTHER = "other";

  private static final double PER_MILLI_TO_GIGA = 1e-6;

  /** 10^9 bytes a second. */
  public double gigabytesPerSecond() {
    return bytes / ms * PER_MILLI_TO_GIGA;
  }

  /** 10^9 operations a second. */
  public double gigaflopsPerSecond() {
    return flops / ms * PER_MILLI_TO_GIGA;
  }
}
