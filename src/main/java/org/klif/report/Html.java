package org.klif.report;

import java.util.List;
import java.util.Locale;
import org.klif.chart.LineChart;
import org.klif.chart.Xml;

/** Text of the page; what is not markup is escaped. The result is well-formed XML as well. */
public final class Html {
  private final StringBuilder out = new StringBuilder();

  /** Adds markup. */
  public Html raw(String markup) {
    out.append(markup);
    return this;
  }

  /** Adds text. */
  public Html text(String text) {
    return raw(Xml.escape(text));
  }

  /** Adds {@code <name>text</name>}. */
  public Html element(String name, String text) {
    return raw("<" + name + ">").text(text).raw("</" + name + ">");
  }

  /** Adds {@code <name class="css">text</name>}. */
  public Html element(String name, String css, String text) {
    return raw("<" + name + " class=\"" + css + "\">").text(text).raw("</" + name + ">");
  }

  /** Adds a paragraph that says what could not be shown. */
  public Html missing(String text) {
    return element("p", "missing", text).raw("\n");
  }

  /** Adds charts beside each other. */
  Html charts(List<LineChart> charts) {
    raw("<div class=\"grid\">\n");
    charts.forEach(this::chart);
    return raw("</div>\n");
  }

  /** Adds a chart with its title, and a legend where one line alone does not say what it is. */
  Html chart(LineChart chart) {
    raw("<figure>").element("figcaption", chart.title()).raw("\n").raw(chart.plot().inline());
    if (chart.keys().size() > 1 || !chart.keys().get(0).note().isEmpty()) {
      raw("<ul class=\"legend\">");
      chart.keys().forEach(this::key);
      raw("</ul>");
    }
    return raw("</figure>\n");
  }

  private void key(LineChart.Key key) {
    String look = key.pen().look().name().toLowerCase(Locale.ROOT);
    raw("<li><i class=\"" + look + "\" style=\"color:" + key.pen().ink().css() + "\"></i>");
    text(key.name());
    if (!key.note().isEmpty()) {
      raw(" ").element("b", key.note());
    }
    raw("</li>");
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
