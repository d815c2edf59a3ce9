package org.klif.workbench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * An upright axis: from values to pixels.
 *
 * @param low value at the bottom
 * @param high value at the top
 * @param spacing between ticks
 */
public record Axis(double low, double high, double spacing, double top, double height) {

  /** An axis for these values, of which there may be none. */
  static Axis of(double[] values, boolean withZero, double top, double height) {
    double low = withZero ? 0 : Double.POSITIVE_INFINITY;
    double high = withZero ? 0 : Double.NEGATIVE_INFINITY;
    low = Math.min(low, Arrays.stream(values).min().orElse(0));
    high = Math.max(high, Arrays.stream(values).max().orElse(0));
    if (high == low) {
      double room = Math.max(0.5, 0.5 * Math.abs(high));
      low -= room;
      high += room;
    }
    double room = 0.06 * (high - low);
    double spacing = nice((high - low) / Math.max(1, height / 26));
    return new Axis(low - room, high + room, spacing, top, height);
  }

  /** 1, 2 or 5 times a power of ten, the smallest that is not below. */
  static double nice(double atLeast) {
    double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= atLeast * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  double y(double value) {
    return top + height * (high - value) / (high - low);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / spacing); i * spacing <= high; i++) {
      ticks.add(i * spacing);
    }
    return ticks;
  }

  String label(double tick) {
    if (Math.abs(tick) >= 1e5 || spacing < 1e-4) {
      return String.format(Locale.ROOT, "%.1e", tick);
    }
    int decimals = (int) Math.max(0, Math.ceil(-Math.log10(spacing) - 1e-9));
    return String.format(Locale.ROOT, "%." + decimals + "f", tick);
  }
}
