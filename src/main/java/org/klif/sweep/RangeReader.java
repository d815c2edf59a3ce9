package org.klif.sweep;

import java.util.List;
import org.klif.config.Nearest;
import org.klif.io.YamlNode;

/** Reads a range of random values, as in {@code log-uniform: [0.0001, 0.01]}. */
final class RangeReader {
  private static final List<String> KINDS = List.of("uniform", "log-uniform", "choice", "integer");

  /** Reads the range of a key. */
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
      return new Range.Choice(values.stream().map(YamlNode.Scalar::text).toList());
    }
    if (values.size() != 2) {
      throw fields.error("%s of %s needs [low, high]".formatted(kind, key));
    }
    YamlNode.Scalar low = values.get(0);
    YamlNode.Scalar high = values.get(1);
    Range range =
        switch (kind) {
          case "integer" ->
              new Range.Whole(
                  SweepReader.whole(low, key, Long.MIN_VALUE),
                  SweepReader.whole(high, key, Long.MIN_VALUE));
          case "uniform" -> new Range.Uniform(number(low, key), number(high, key));
          default -> new Range.LogUniform(number(low, key), number(high, key));
        };
    if (Double.parseDouble(low.text()) >= Double.parseDouble(high.text())) {
      throw fields.error("%s of %s needs the lower end first".formatted(kind, key));
    }
    if (range instanceof Range.LogUniform log && log.low() <= 0) {
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

  private RangeReader() {}
}
