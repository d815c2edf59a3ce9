package org.klif.reproduce;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.klif.KlifException;
import org.klif.run.AtomicFile;

/** table.md, table.csv and table.html in one folder. */
record TableFiles(Path folder) {
  /** Writes all three, each whole or not at all. */
  void write(ResultsTable table) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new KlifException("Cannot create " + folder + ": " + AtomicFile.reason(e), e);
    }
    write("table.md", MarkdownTable.of(table));
    write("table.csv", CsvTable.of(table.lines()));
    write("table.html", HtmlTable.of(table));
  }

  private void write(String name, String text) {
    AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
