package org.klif.chart;

import com.google.common.html.HtmlEscapers;

/** Text for markup. */
public final class Xml {
  /** Text or attribute value with markup characters escaped, control characters replaced. */
  public static String escape(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints().forEach(c -> clean.appendCodePoint(isXmlCharacter(c) ? c : '\uFFFD'));
    return HtmlEscapers.htmlEscaper().escape(clean.toString());
  }

  private static boolean isXmlCharacter(int c) {
    boolean printable = c >= ' ' && c != 0xFFFE && c != 0xFFFF && (c < 0xD800 || c > 0xDFFF);
    return printable || c == '\n' || c == '\t';
  }

  private Xml() {}
}
