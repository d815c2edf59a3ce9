package org.klif.neuron;

import com.google.common.base.Ascii;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.klif.UsageException;

/**
 * The stand-in for the derivative of the spike at u = F - threshold (docs/MATH.md, "Surrogate
 * derivatives").
 *
 * @param kind which curve
 * @param alpha its steepness, above 0
 */
public record Surrogate(Kind kind, double alpha) {

  /** The six curves; each has a primitive g with g' the surrogate derivative. */
  public enum Kind {
    /** g' = (alpha/2) / (1 + (pi/2 alpha u)^2). */
    ATAN(2),
    /** g' = alpha s (1 - s), s = 1/(1 + exp(-alpha u)). */
    SIGMOID(4),
    /** g' = max(0, alpha - alpha^2 |u|). */
    TRIANGLE(1),
    /** g' = alpha where |u| &lt; 0.5/alpha, else 0. */
    RECTANGLE(1),
    /** g' = alpha/sqrt(pi) exp(-(alpha u)^2). */
    GAUSSIAN(2),
    /** g' = alpha / (2 (1 + |alpha u|)^2). */
    SOFTSIGN(2);

    private final double defaultAlpha;

    Kind(double defaultAlpha) {
      this.defaultAlpha = defaultAlpha;
    }

    /** Steepness used when none is given. */
    public double defaultAlpha() {
      return defaultAlpha;
    }

    /** Name in configurations, lower case. */
    public String token() {
      return Ascii.toLowerCase(name());
    }

    /** The kind of that name; an unknown one is a {@link UsageException} that lists the names. */
    public static Kind parse(String name) {
      for (Kind kind : values()) {
        if (kind.token().equals(name)) {
          return kind;
        }
      }
      throw new InvalidOption(
          "surrogate",
          "unknown surrogate '%s'; known are %s, and a file of your own by its path, as in ./%s%s"
              .formatted(
                  name,
                  Arrays.stream(values()).map(Kind::token).collect(Collectors.joining(", ")),
                  name,
                  NeuronFile.SUFFIX));
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
