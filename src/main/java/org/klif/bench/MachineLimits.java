package org.klif.bench;

import org.jspecify.annotations.Nullable;
import org.klif.device.Buffer;
import org.klif.device.BufferScope;
import org.klif.device.Device;
import org.klif.device.DeviceLimits;
import org.klif.device.Linear;

/** What a device can do at most, measured through its own operations and on as many threads. */
public final class MachineLimits {
  /** 128 MiB an array: much more than a core's share of any cache. */
  private static final long TRIAD_ELEMENTS = 1L << 25;

  /** Read a, read b, write out, float32. */
  private static final int TRIAD_BYTES = 12;

  private static final int ROWS = 1024;
  private static final int FEATURES = 2048;
  private static final double PER_MILLI_TO_GIGA = 1e-6;

  private static final String STAND_IN = "sim";

  /**
   * What a device can do at most: by its properties where it has them, else measured.
   *
   * @return null for the stand-in, whose times mean nothing
   */
  public static @Nullable DeviceLimits of(Device device) {
    if (device.info().name().startsWith(STAND_IN)) {
      return null;
    }
    return device
        .nominalLimits()
        .orElseGet(
            () ->
                new DeviceLimits(
                    triadGigabytesPerSecond(device),
                    matmulGigaflopsPerSecond(device),
                    "measured here: out = a + b over large arrays, and a matrix product"));
  }

  /**
   * Memory speed: out = a + b over arrays much larger than the caches, 12 bytes an element, counted
   * as STREAM counts its triad (a line that is read only because it is written does not count).
   *
   * @return 10^9 bytes a second, the median
   */
  public static double triadGigabytesPerSecond(Device device) {
    try (BufferScope scope = new BufferScope(device)) {
      Buffer a = scope.zeros(TRIAD_ELEMENTS);
      Buffer b = scope.zeros(TRIAD_ELEMENTS);
      Buffer out = scope.zeros(TRIAD_ELEMENTS);
      // memory that was never written may be one shared page of zeros
      device.fill(a, 1);
      device.fill(b, 2);
      Spread spread = Launches.measure(device, () -> device.add(a, b, out)).spread();
      return TRIAD_BYTES * TRIAD_ELEMENTS / spread.median() * PER_MILLI_TO_GIGA;
    }
  }

  /**
   * Speed of matrix products: a linear layer of 1024 rows, 2048 inputs and 2048 outputs, in the
   * device's precision.
   *
   * @return 10^9 floating-point operations a second, the median; a multiply-add is two
   */
  public static double matmulGigaflopsPerSecond(Device device) {
    try (BufferScope scope = new BufferScope(device)) {
      Noise noise = new Noise(1);
      Buffer x = scope.activations((long) ROWS * FEATURES);
      long weights = device.linearWeightLayout(FEATURES, FEATURES).physicalSize();
      Buffer weight = scope.own(device.allocateParameters(weights));
      Buffer y = scope.activations((long) ROWS * FEATURES);
      noise.fill(x, 0, 1);
      noise.fill(weight, 0, 1);
      Linear linear = scope.own(device.linear(new Linear.Spec(ROWS, FEATURES, FEATURES)));
      Spread spread = Launches.measure(device, () -> linear.forward(x, weight, null, y)).spread();
      return 2.0 * ROWS * FEATURES * FEATURES / spread.median() * PER_MILLI_TO_GIGA;
    }
  }

  private MachineLimits() {}
}
