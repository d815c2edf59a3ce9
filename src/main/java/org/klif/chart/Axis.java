package org.klif.chart;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * An axis: from values to pixels. Its ticks are 1, 2 or 5 times a power of ten apart.
 *
 * @param low value at its start
 * @param high value at its end
 * @param spacing between ticks
 * @param from pixel of the start, for an upright axis the lower end
 * @param to pixel of the end
 */
public record Axis(double low, double high, double spacing, double from, double to) {
  /**
   * An axis for these values, of which there may be none; those that are not finite do not count.
   *
   * @param room at each end, as a part of the values' range
   * @param gap pixels between ticks, at least
   */
  public static Axis of(double[] values, double room, double gap, double from, double to) {
    double low = Arrays.stream(values).filter(Double::isFinite).min().orElse(0);
    double high = Arrays.stream(values).filter(Double::isFinite).max().orElse(0);
    double size = Math.max(Math.abs(low), Math.abs(high));
    double edge =
        high - low > 1e-9 * size ? room * (high - low) : Math.max(0.05, 0.1 * Math.abs(high));
    low -= edge;
    high += edge;
    double spacing = nice((high - low) * gap / Math.max(gap, Math.abs(to - from)));
    return new Axis(low, high, spacing, from, to);
  }

  /** 1, 2 or 5 times a power of ten, the smallest that is not below. */
  public static double nice(double atLeast) {
    double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= atLeast * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  /** The same that starts at this value. */
  Axis startingAt(double value) {
    return new Axis(value, high, spacing, from, to);
  }

  /** The same with ticks at whole numbers only. */
  Axis whole() {
    return new Axis(low, high, Math.max(1, spacing), from, to);
  }

  /** The pixel of a value. */
  public double at(double value) {
    return from + (to - from) * (value - low) / (high - low);
  }

  /** The pixels of values. */
  double[] at(ImmutableDoubleArray values) {
    return values.stream().map(this::at).toArray();
  }

  /** The values that are named. */
  public List<Double> ticks() {
    return LongStream.rangeClosed(
            (long) Math.ceil(low / spacing - 1e-9), (long) Math.floor(high / spacing + 1e-9))
        .mapToObj(i -> i * spacing)
        .toList();
  }

  /**
   * A tick's number, with the digits that tell it from its neighbours.
   *
   * @param unit 100 for percent
   */
  public String label(double tick, double unit) {
    double largest = Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)) * unit));
    int decimals = (int) Math.max(0, Math.ceil(-Math.log10(spacing * unit) - 1e-9));
    if (tick == 0 || (largest < 6 && decimals < 5)) {
      return String.format(Locale.ROOT, "%." + (tick == 0 ? 0 : decimals) + "f", tick * unit);
    }
    int digits = (int) Math.max(0, largest - Math.floor(Math.log10(spacing * unit) + 1e-9));
    return String.format(Locale.ROOT, "%." + digits + "e", tick * unit);
  }
}
