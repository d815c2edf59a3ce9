package org.klif.verify;

import org.jspecify.annotations.Nullable;

/**
 * How one golden-vector case ended.
 *
 * @param name file name without .json
 * @param passed all values within the tolerance, all spikes equal
 * @param largestError largest abs(a - b) / max(1, abs(b)), or share of the tensor's largest value
 *     where that is what the tolerance is of; NaN when nothing was compared
 * @param of what has the largest error
 * @param problem why it failed, or null
 */
public record CaseResult(
    String name, boolean passed, double largestError, String of, @Nullable String problem) {

  /** A case that could not be run. */
  static CaseResult broken(String name, String problem) {
    return new CaseResult(name, false, Double.NaN, "", problem);
  }

  /** One line: name, PASS or FAIL, the largest error and of what. */
  public String line() {
    String error =
        Double.isNaN(largestError) ? "" : "  largest error %8.2e of %s".formatted(largestError, of);
    return "%-44s %s%s%s"
        .formatted(name, passed ? "PASS" : "FAIL", error, problem == null ? "" : "  " + problem);
  }
}
