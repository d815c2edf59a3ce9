package org.klif.reproduce;

import java.util.List;
import java.util.stream.Collectors;

/** table.md: the table, and in words what it says. */
final class MarkdownTable {
  /** The file's text. */
  static String of(ResultsTable table) {
    return "# Results\n\n" + lines(table.lines(), Column.ALL) + chapters(table, "##");
  }

  /** The table itself. */
  static String lines(List<TableLine> lines, List<Column> columns) {
    if (lines.isEmpty()) {
      return "No run is finished yet.\n";
    }
    StringBuilder text = new StringBuilder();
    row(text, columns.stream().map(Column::title).toList());
    row(text, columns.stream().map(column -> column.number() ? "---:" : "---").toList());
    for (TableLine line : lines) {
      row(text, columns.stream().map(column -> escaped(column.cell().apply(line))).toList());
    }
    return text.toString();
  }

  /** What is said beneath it. */
  static String chapters(ResultsTable table, String level) {
    StringBuilder text = new StringBuilder();
    for (ResultsTable.Chapter chapter : table.chapters()) {
      text.append("\n").append(level).append(' ').append(chapter.title()).append("\n\n");
      for (String paragraph : chapter.paragraphs()) {
        text.append("- ").append(escaped(paragraph)).append('\n');
      }
    }
    return text.toString();
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  private static String escaped(String cell) {
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ");
  }

  private MarkdownTable() {}
}
