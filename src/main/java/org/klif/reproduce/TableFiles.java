package org.klif.reproduce;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.klif.io.AtomicFile;
import org.klif.io.NoLinks;
import org.klif.report.Comparison;

/**
 * table.md, table.csv and table.html, and compare/ROW-T4-a.html beside them.
 *
 * @param folder where
 */
record TableFiles(Path folder) {
  /** Writes all three, each whole or not at all. */
  void write(ResultsTable table) {
    NoLinks.folder(folder);
    write("table.md", MarkdownTable.of(table));
    write("table.csv", CsvTable.of(table.lines()));
    write("table.html", HtmlTable.of(table));
  }

  /** Writes the report that compares some runs as {@code compare/NAME.html}. */
  void writeComparison(String name, List<Path> runs) {
    Path comparisons = folder.resolve("compare");
    NoLinks.folder(comparisons);
    Comparison.write(runs, comparisons.resolve(name + ".html"));
  }

  private void write(String name, String text) {
    AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
