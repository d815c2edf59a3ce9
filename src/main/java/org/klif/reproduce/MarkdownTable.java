package org.klif.reproduce;

import java.util.List;
import java.util.stream.Collectors;

/** table.md: the table, and in words what it says. */
final class MarkdownTable {
  /** The file's text. */
  static String of(ResultsTable table) {
    StringBuilder text = new StringBuilder("# Results\n\n");
    row(text, Column.ALL.stream().map(Column::title).toList());
    row(text, Column.ALL.stream().map(column -> column.number() ? "---:" : "---").toList());
    for (TableLine line : table.lines()) {
      row(text, Column.ALL.stream().map(column -> escaped(column.cell().apply(line))).toList());
    }
    if (table.lines().isEmpty()) {
      text.append("\nNo run is finished yet.\n");
    }
    for (ResultsTable.Chapter chapter : table.chapters()) {
      text.append("\n## ").append(chapter.title()).append("\n\n");
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
