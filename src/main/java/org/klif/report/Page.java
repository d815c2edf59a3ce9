package org.klif.report;

import java.util.List;
import java.util.function.Consumer;
import org.klif.io.Resource;

/** The frame of every report: a head, links to the sections, the sections. */
public final class Page {
  /** A section of the page. */
  public record Part(String id, String title, Consumer<Html> content) {}

  /** The page as text. */
  public static String of(String title, Consumer<Html> head, List<Part> parts) {
    Html html = new Html();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width\"/>\n");
    // an empty icon, or a browser asks the server for one
    html.raw("<link rel=\"icon\" href=\"data:,\"/>\n");
    html.element("title", title).raw("\n<style>\n");
    html.raw(Resource.text(Page.class, "report.css")).raw("</style>\n</head>\n<body>\n");
    head.accept(html);
    html.raw("<nav aria-label=\"Sections\">");
    for (Part part : parts) {
      html.raw("<a href=\"#" + part.id() + "\">").text(part.title()).raw("</a>");
    }
    html.raw("</nav>\n<main>\n");
    for (Part part : parts) {
      html.raw("<section id=\"" + part.id() + "\">\n").element("h2", part.title()).raw("\n");
      part.content().accept(html);
      html.raw("</section>\n");
    }
    html.raw("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private Page() {}
}
