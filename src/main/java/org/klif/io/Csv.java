package org.klif.io;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import java.util.List;
import java.util.stream.Collectors;

/** Lines of comma-separated values: Klif's tables, and the numbers that users bring. */
public final class Csv {
  private static final Splitter CELLS = Splitter.on(',').trimResults();
  private static final CharMatcher TO_QUOTE = CharMatcher.anyOf(",\"\n\r");

  /** A line with its end; quoted where a cell needs it, as RFC 4180 has it. */
  public static String line(List<String> cells) {
    return cells.stream().map(Csv::quoted).collect(Collectors.joining(",")) + "\n";
  }

  private static String quoted(String cell) {
    return TO_QUOTE.matchesAnyOf(cell) ? '"' + cell.replace("\"", "\"\"") + '"' : cell;
  }

  /** The cells of a line of numbers, where nothing is quoted, without blanks around them. */
  public static List<String> numbers(String line) {
    return CELLS.splitToList(line);
  }

  private Csv() {}
}
