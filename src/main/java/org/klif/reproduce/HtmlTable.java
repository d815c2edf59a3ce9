package org.klif.reproduce;

import java.util.ArrayList;
import java.util.List;
import org.klif.report.Html;
import org.klif.report.Page;

/** table.html: the table in the style of the reports, in one file that loads nothing. */
final class HtmlTable {
  /** The file's text. */
  static String of(ResultsTable table) {
    List<Page.Part> parts = new ArrayList<>();
    parts.add(new Page.Part("table", "Table", html -> writeTable(table, html)));
    for (int i = 0; i < table.chapters().size(); i++) {
      ResultsTable.Chapter chapter = table.chapters().get(i);
      parts.add(new Page.Part("chapter" + i, chapter.title(), html -> writeChapter(chapter, html)));
    }
    return Page.of("Klif results", HtmlTable::writeHead, parts);
  }

  private static void writeHead(Html html) {
    html.raw("<header>\n").element("p", "kicker", "Klif").element("h1", "Results");
    html.element("p", "facts", "Test accuracy over seeds, KLIF beside LIF, PLIF and IF");
    html.raw("</header>\n");
  }

  private static void writeTable(ResultsTable table, Html html) {
    if (table.lines().isEmpty()) {
      html.missing("No run is finished yet.");
      return;
    }
    html.raw("<div class=\"scroll\"><table class=\"wide results\">\n<thead><tr>");
    for (Column column : Column.ALL) {
      html.raw(column.number() ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
      html.text(column.title()).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    TableLine above = null;
    for (TableLine line : table.lines()) {
      boolean next = above != null && !above.key().with("").equals(line.key().with(""));
      html.raw(next ? "<tr class=\"next\">" : "<tr>");
      for (Column column : Column.ALL) {
        String text = column.cell().apply(line);
        html.raw(column.number() ? "<td class=\"number\">" : "<td>").text(text).raw("</td>");
      }
      html.raw("</tr>\n");
      above = line;
    }
    html.raw("</tbody></table></div>\n");
  }

  private static void writeChapter(ResultsTable.Chapter chapter, Html html) {
    html.raw("<ul>\n");
    chapter.paragraphs().forEach(text -> html.element("li", text).raw("\n"));
    html.raw("</ul>\n");
  }

  private HtmlTable() {}
}
