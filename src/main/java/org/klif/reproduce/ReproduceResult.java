package org.klif.reproduce;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What came of it.
 *
 * @param lines of the table
 * @param finished runs in the table
 * @param leftOut runs that did not fit the budget or were interrupted
 * @param problems rows without data, runs that failed, folders with another run: each a sentence
 * @param interrupted whether it was told to stop
 * @param tables the files that were written, without their endings; empty for a dry run
 */
public record ReproduceResult(
    int lines,
    int finished,
    List<String> leftOut,
    List<String> problems,
    boolean interrupted,
    Optional<Path> tables) {
  /** Copies the lists. */
  public ReproduceResult {
    leftOut = List.copyOf(leftOut);
    problems = List.copyOf(problems);
  }
}
