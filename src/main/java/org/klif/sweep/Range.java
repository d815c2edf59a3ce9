package org.klif.sweep;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.klif.config.Nearest;
import org.klif.io.YamlNode;

/**
 * Where a value is drawn from. A draw is a text, rounded to six significant digits, so that what is
 * written in tables and names of runs is what was used. Draws are the same on every Java.
 */
sealed interface Range {
  /** The words of a sweep file for ranges. */
  List<String> KINDS = List.of("uniform", "log-uniform", "choice", "integer");

  /** Reads the range of a key, as in {@code log-uniform: [0.0001, 0.01]}. */
  static Range read(String key, YamlNode node) {
    YamlNode.Fields fields = SweepReader.fields(node, key);
    if (fields.values().size() != 1) {
      throw fields.error("%s needs one of %s".formatted(key, String.join(", ", KINDS)));
    }
    String kind = fields.values().keySet().iterator().next();
    if (!KINDS.contains(kind)) {
      throw fields.error(
          "the range '%s' of %s is unknown%s; known are %s"
              .formatted(kind, key, Nearest.suggestion(kind, KINDS), String.join(", ", KINDS)));
    }
    List<YamlNode.Scalar> values = SweepReader.values(fields.values().get(kind), kind);
    if (kind.equals("choice")) {
      return new Choice(values.stream().map(YamlNode.Scalar::text).toList());
    }
    if (values.size() != 2) {
      throw fields.error("%s of %s needs [low, high]".formatted(kind, key));
    }
    YamlNode.Scalar low = values.get(0);
    YamlNode.Scalar high = values.get(1);
    Range range =
        switch (kind) {
          case "integer" ->
              new Whole(
                  SweepReader.whole(low, key, Long.MIN_VALUE),
                  SweepReader.whole(high, key, Long.MIN_VALUE));
          case "uniform" -> new Uniform(number(low, key), number(high, key));
          default -> new LogUniform(number(low, key), number(high, key));
        };
    if (!range.isOrdered()) {
      throw fields.error("%s of %s needs the lower end first".formatted(kind, key));
    }
    if (!range.hasWidth()) {
      throw fields.error(
          "%s of %s has ends too far apart to draw between; bring them nearer to each other"
              .formatted(kind, key));
    }
    if (range instanceof LogUniform log && log.low() <= 0) {
      throw fields.error("log-uniform of %s needs ends above 0".formatted(key));
    }
    return range;
  }

  private static double number(YamlNode.Scalar value, String key) {
    try {
      double number = Double.parseDouble(value.text());
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw value.error("an end of %s must be a number, not %s".formatted(key, value.text()));
    }
    throw value.error("an end of %s must be finite, not %s".formatted(key, value.text()));
  }

  /** Draws one value. */
  String draw(Random random);

  /** Whether the lower end is the first. */
  default boolean isOrdered() {
    return true;
  }

  /** Whether the distance of the ends is a number of the type that draws are computed with. */
  default boolean hasWidth() {
    return true;
  }

  /** Every number between two is as likely. */
  record Uniform(double low, double high) implements Range {
    @Override
    public String draw(Random random) {
      return rounded(low + (high - low) * random.nextDouble());
    }

    @Override
    public boolean isOrdered() {
      return low < high;
    }

    @Override
    public boolean hasWidth() {
      return Double.isFinite(high - low);
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

    @Override
    public boolean isOrdered() {
      return low < high;
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

    @Override
    public boolean isOrdered() {
      return low < high;
    }

    @Override
    public boolean hasWidth() {
      return high - low + 1 > 0; // what is larger than a long has another sign
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
