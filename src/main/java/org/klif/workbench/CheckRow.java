package org.klif.workbench;

import java.util.Locale;

/**
 * One line of the check's table.
 *
 * @param check what was looked at: gradients, forward, determinism, edges, expected, surrogate
 * @param where which case of it
 * @param worst the quantity with the largest error, or what was found
 * @param error of it; 0 where there is nothing to measure and all is well
 * @param tolerance largest error that is right
 * @param problem one sentence when it is not right for another reason than the error, else empty
 */
public record CheckRow(
    String check, String where, String worst, double error, double tolerance, String problem) {

  /** A row without a measure that is right. */
  static CheckRow right(String check, String where, String found) {
    return new CheckRow(check, where, found, 0, 0, "");
  }

  /** A row without a measure that is wrong. */
  static CheckRow wrong(String check, String where, String problem) {
    return new CheckRow(check, where, "", 0, 0, problem);
  }

  /** A row with a measure. */
  static CheckRow measured(
      String check, String where, String worst, double error, double tolerance) {
    return new CheckRow(check, where, worst, error, tolerance, "");
  }

  /** Whether all is well; an error that is NaN is not. */
  public boolean ok() {
    return problem.isEmpty() && error <= tolerance;
  }

  /** The head of the table. */
  public static String head() {
    return "%-12s %-58s %-30s %9s %9s %s"
        .formatted("check", "case", "worst", "error", "tolerance", "ok");
  }

  /** The row as a line of the table. */
  public String line() {
    boolean measured = tolerance > 0;
    return String.format(
        Locale.ROOT,
        "%-12s %-58s %-30s %9s %9s %s",
        check,
        where,
        worst,
        measured ? String.format(Locale.ROOT, "%.1e", error) : "",
        measured ? String.format(Locale.ROOT, "%.0e", tolerance) : "",
        ok() ? "ok" : "WRONG");
  }

  /** What is wrong, in one sentence. */
  public String failure() {
    if (!problem.isEmpty()) {
      return "%s, %s: %s".formatted(check, where, problem);
    }
    if (Double.isNaN(error)) {
      return "%s, %s: %s is not a number".formatted(check, where, worst);
    }
    return String.format(
        Locale.ROOT,
        "%s, %s: %s is off by %.1e of its size, more than %.0e",
        check,
        where,
        worst,
        error,
        tolerance);
  }
}
