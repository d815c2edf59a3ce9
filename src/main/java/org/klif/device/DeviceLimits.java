package org.klif.device;

/**
 * What a device can do at most.
 *
 * @param gigabytesPerSecond memory speed, 10^9 bytes a second
 * @param gigaflopsPerSecond matrix products, 10^9 operations a second; a multiply-add is two
 * @param source measured how, or computed from what
 */
public record DeviceLimits(double gigabytesPerSecond, double gigaflopsPerSecond, String source) {
  /** Checks that both are positive. */
  public DeviceLimits {
    if (!(gigabytesPerSecond > 0) || !(gigaflopsPerSecond > 0)) {
      throw new IllegalArgumentException(
          "limits of %s GB/s and %s GFLOP/s".formatted(gigabytesPerSecond, gigaflopsPerSecond));
    }
  }
}
