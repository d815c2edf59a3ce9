package org.klif.reproduce;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.klif.KlifException;
import org.klif.file.AtomicFile;
import org.klif.report.Comparison;

/**
 * table.md, table.csv and table.html, and compare/ROW-T4-a.html beside them.
 *
 * @param folder where
 */
record TableFiles(Path folder) {
  /** Writes all three, each whole or not at all. */
  void write(ResultsTable table) {
    create(folder);
    write("table.md", MarkdownTable.of(table));
    write("table.csv", CsvTable.of(table.lines()));
    write("table.html", HtmlTable.of(table));
  }

  /** Writes the report that compares some runs as {@code compare/NAME.html}. */
  void writeComparison(String name, List<Path> runs) {
    Path comparisons = folder.resolve("compare");
    create(comparisons);
    Comparison.write(runs, comparisons.resolve(name + ".html"));
  }

  private static void create(Path path) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new KlifException("Cannot create " + path + ": " + AtomicFile.reason(e), e);
    }
  }

  private void write(String name, String text) {
    AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
