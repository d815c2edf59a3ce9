package org.klif.sweep;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Where a value is drawn from. A draw is a text, rounded to six significant digits, so that what is
 * written in tables and names of runs is what was used. Draws are the same on every Java.
 */
sealed interface Range {
  /** Draws one value. */
  String draw(Random random);

  /** Every number between two is as likely. */
  record Uniform(double low, double high) implements Range {
    @Override
    public String draw(Random random) {
      return rounded(low + (high - low) * random.nextDouble());
    }
  }

  /** Every order of magnitude between two numbers above 0 is as likely. */
  record LogUniform(double low, double high) implements Range {
    @Override
    public String draw(Random random) {
      double from = StrictMath.log(low);
      double to = StrictMath.log(high);
      return rounded(StrictMath.exp(from + (to - from) * random.nextDouble()));
    }
  }

  /** One of a list. */
  record Choice(List<String> values) implements Range {
    public Choice {
      values = List.copyOf(values);
    }

    @Override
    public String draw(Random random) {
      return values.get(random.nextInt(values.size()));
    }
  }

  /** A whole number, both ends included. */
  record Whole(long low, long high) implements Range {
    @Override
    public String draw(Random random) {
      return Long.toString(low + (long) (random.nextDouble() * (high - low + 1)));
    }
  }

  /**
   * Draws a number of values. They depend on the seed and the key alone: more draws begin with the
   * same ones, and a further key leaves those of the others as they are.
   */
  default List<String> draws(long seed, String key, int count) {
    Random random = new Random(mix(seed ^ mix(key.hashCode())));
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(draw(random));
    }
    return values;
  }

  private static String rounded(double value) {
    return new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }

  /**
   * The finalizer of SplitMix64: neighbouring seeds begin sequences that have nothing in common.
   */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
