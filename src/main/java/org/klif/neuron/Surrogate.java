package org.klif.neuron;

import com.google.common.base.Ascii;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The stand-in for the derivative of the spike at u = F - threshold (docs/MATH.md, "Surrogates").
 *
 * @param kind which curve
 * @param alpha its steepness, above 0
 */
public record Surrogate(Kind kind, double alpha) {

  /** The six curves; each has a primitive g with g' the surrogate derivative. */
  public enum Kind {
    /** The default. */
    ATAN(2, "(α/2) / (1 + (π/2 α u)²)"),
    /** Smooth, with tails that fall as exp(-|u|). */
    SIGMOID(4, "α s (1 − s), s = 1/(1 + exp(−α u))"),
    /** Of bounded support, with a peak. */
    TRIANGLE(1, "max(0, α − α² |u|)"),
    /** Of bounded support, constant there. */
    RECTANGLE(1, "α where |u| < 0.5/α, else 0"),
    /** Smooth, with the shortest tails. */
    GAUSSIAN(2, "α/√π exp(−(α u)²)"),
    /** With tails that fall as 1/u^2, as ATAN's do. */
    SOFTSIGN(2, "α / (2 (1 + |α u|)²)");

    private final double defaultAlpha;
    private final String formula;

    Kind(double defaultAlpha, String formula) {
      this.defaultAlpha = defaultAlpha;
      this.formula = formula;
    }

    /** g'(u) as people write it. */
    public String formula() {
      return formula;
    }

    /** Steepness used when none is given. */
    public double defaultAlpha() {
      return defaultAlpha;
    }

    /** Name in configurations, lower case. */
    public String token() {
      return Ascii.toLowerCase(name());
    }

    /** The kind of that name, if there is one. */
    public static Optional<Kind> named(String name) {
      return Arrays.stream(values()).filter(kind -> kind.token().equals(name)).findFirst();
    }

    /** The kind of that name; an unknown one is an {@link InvalidOption} that lists the names. */
    public static Kind parse(String name) {
      return named(name)
          .orElseThrow(
              () ->
                  new InvalidOption(
                      "surrogate",
                      "unknown surrogate '%s'; known are %s, and a file of your own by its path, as in ./%s%s"
                          .formatted(
                              name,
                              Arrays.stream(values())
                                  .map(Kind::token)
                                  .collect(Collectors.joining(", ")),
                              name,
                              NeuronSource.SUFFIX)));
    }
  }

  /** Checks that alpha is a positive number. */
  public Surrogate {
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new InvalidOption(
          "alpha", "the surrogate's alpha must be a number above 0, not " + alpha);
    }
  }

  /** A curve with its default steepness. */
  public static Surrogate of(Kind kind) {
    return new Surrogate(kind, kind.defaultAlpha());
  }
}
