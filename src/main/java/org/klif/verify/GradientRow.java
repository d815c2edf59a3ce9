package org.klif.verify;

import java.util.Locale;

/**
 * One line of the gradient check's table.
 *
 * @param layer what was differentiated
 * @param quantity which gradient, and the options with the largest error
 * @param error norm of (finite differences - backward pass) over the norm of the gradient
 * @param tolerance largest error that is right
 */
public record GradientRow(String layer, String quantity, double error, double tolerance) {
  /** Whether the error is within the tolerance; NaN is not. */
  public boolean ok() {
    return error <= tolerance;
  }

  /** The share of the tolerance that the error takes. */
  double used() {
    return error / tolerance;
  }

  /** The head of the table. */
  public static String head() {
    return "%-46s %-56s %9s %9s %s".formatted("layer", "gradient", "error", "tolerance", "ok");
  }

  /** The row as a line of the table. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%-46s %-56s %9.1e %9.1e %s",
        layer,
        quantity,
        error,
        tolerance,
        ok() ? "ok" : "WRONG");
  }
}
