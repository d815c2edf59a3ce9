package org.klif.report;

import com.google.common.html.HtmlEscapers;

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
    return raw(escape(text));
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

  /** Text or attribute value with markup characters escaped, control characters replaced. */
  static String escape(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints().forEach(c -> clean.appendCodePoint(isXmlCharacter(c) ? c : '\uFFFD'));
    return HtmlEscapers.htmlEscaper().escape(clean.toString());
  }

  private static boolean isXmlCharacter(int c) {
    boolean printable = c >= ' ' && c != 0xFFFE && c != 0xFFFF && (c < 0xD800 || c > 0xDFFF);
    return printable || c == '\n' || c == '\t';
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
